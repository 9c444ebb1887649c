/**
 * Node's own tests that end otherwise in a fork than in a boot, and why that is sound. A difference that is not listed
 * is a fault.
 */
export const EXPLAINED: Readonly<Record<string, string>> = {};
