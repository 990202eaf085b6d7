// Loaded on the step page of a signed-in person.
import "./reading.js";
import "./note.js";
import "./note-autosave.js";
import "./note-draft.js";
