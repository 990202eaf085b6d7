// Loaded on the step page of a visitor: what helps to read it.
import "./copy.js";
import "./outline.js";
