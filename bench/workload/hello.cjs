"use strict";

/** Next to nothing, so that what is measured is the way to it and back. */
module.exports = (event) => ({ doubled: event.n * 2 });
