// What every page of somebody signed in has; each script looks whether it has work there.
import "./time-zone.js";
import "./search-key.js";
import "./marks.js";
import "./disclosures.js";
import "./keys.js";
