# PostgreSQL's image with the programs that backups need. docker-compose.yml mounts the
# scripts in deploy/.
FROM postgres:18-trixie
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends age ca-certificates rclone \
    && rm -r /var/lib/apt/lists/*
