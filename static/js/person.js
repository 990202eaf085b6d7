// Loaded on every page of a signed-in person. Each script checks whether the page needs it.
import "./time-zone.js";
import "./search-dialog.js";
import "./marks.js";
import "./disclosures.js";
import "./keys.js";
import "./step-dialog.js";
import "./section-links.js";
