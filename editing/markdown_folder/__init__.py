"""Read a folder of Markdown files as a roadmap."""
