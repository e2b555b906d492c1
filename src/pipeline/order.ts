/**
 * Every stage, in the order in which a call meets it, and why there. The file to read first; `arranged` puts the stages so.
 * A stage whose feature is off is left out when the endpoint is built, and costs nothing.
 */
export const inbound = [
  'record', //  outermost: whatever ends a call, it is written down once
  'resolve', // a public name becomes an upstream and its own name; all that follows speaks of those
] as const;

/** Of the upstream that was found, the same from whichever endpoint. */
export const outbound = [
  'deadline', //    the upstream's; from here on nothing waits without an end
  'concurrency', // a slot is held while an attempt runs
  'attempt', //     innermost: what the upstream itself took, and what came of it
] as const;
