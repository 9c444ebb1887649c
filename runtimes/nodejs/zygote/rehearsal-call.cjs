// The function of a zygote's rehearsal, as a bundler would write it.
"use strict";
var __defProp = Object.defineProperty;
var index_exports = {};
__defProp(index_exports, "default", { get: () => index_default, enumerable: true });
module.exports = index_exports;
var index_default = async (event, context) => ({ hello: event.a, left: context.getRemainingTimeInMillis() });
