// What only a step's page of somebody signed in has.
import "./note.js";
import "./copy.js";
