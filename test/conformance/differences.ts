/**
 * Where a fork's answer is not a boot's, and why that is sound: by area and question. Whatever is not listed must be the
 * same.
 */
export const DIFFERENCES: Readonly<Record<string, Readonly<Record<string, string>>>> = {};
