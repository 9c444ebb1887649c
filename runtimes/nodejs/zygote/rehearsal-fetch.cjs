// The fetch handler of a zygote's rehearsal, as a bundler would write it.
"use strict";
module.exports = {
  default: {
    async fetch(request) {
      const { pathname, searchParams } = new URL(request.url);
      const type = request.headers.get("content-type");
      const body = await request.json();
      return Response.json({ pathname, b: searchParams.get("b"), type, body }, { headers: { "x-a": "1" } });
    },
  },
};
