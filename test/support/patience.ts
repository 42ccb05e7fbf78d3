/**
 * How long tests wait for something that must come. Not a measurement: a machine that is busy with other things takes ten times as
 * long as a quiet one, and what never comes is told this late. What takes how long is for `npm run bench`. Milliseconds.
 */
export const PATIENCE = 150_000;
