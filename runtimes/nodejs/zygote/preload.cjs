// @ts-check
"use strict";

/** What is loaded once, for every copy: each module makes each fork a little dearer, so only what is common. */
function preload() {
  require("node:fs");
  require("node:path");
}

module.exports = { preload };
