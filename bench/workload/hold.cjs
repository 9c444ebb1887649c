"use strict";

/** Answers after a while, so that somebody can look at a process that is at work. */
module.exports = ({ ms }) => new Promise((resolve) => setTimeout(resolve, ms, { held: ms }));
