"use strict";

const path = require("node:path");

const IMAGES = new Set([".jpg", ".jpeg", ".png", ".webp", ".gif"]);

// S3 writes a space in a key as "+" and everything else percent-encoded.
const decodeKey = (key) => decodeURIComponent(key.replace(/\+/g, " "));

const thumbnailKey = (key) => {
  const { dir, name, ext } = path.posix.parse(key);
  return path.posix.join(process.env.THUMBNAIL_PREFIX, dir, `${name}-160${ext.toLowerCase()}`);
};

exports.handler = async (event, context) => {
  const jobs = [];
  const skipped = [];
  for (const { eventName, s3 } of event.Records) {
    const key = decodeKey(s3.object.key);
    const reason = reasonToSkip(eventName, key, s3.object.size);
    if (reason) skipped.push({ key, reason });
    else jobs.push({ bucket: s3.bucket.name, key, bytes: s3.object.size, target: thumbnailKey(key) });
  }
  console.log(`${context.awsRequestId}: ${jobs.length} to do, ${skipped.length} skipped`);
  return {
    function: context.functionName,
    jobs,
    skipped,
    totalBytes: jobs.reduce((sum, { bytes }) => sum + bytes, 0),
    remainingMs: context.getRemainingTimeInMillis(),
  };
};

function reasonToSkip(eventName, key, size) {
  if (!eventName.startsWith("ObjectCreated:")) return `not for ${eventName}`;
  // A function that is woken by what it writes itself would never end.
  if (key.startsWith(process.env.THUMBNAIL_PREFIX)) return "is a thumbnail";
  if (!IMAGES.has(path.posix.extname(key).toLowerCase())) return "is no image";
  return size === 0 ? "is empty" : null;
}
