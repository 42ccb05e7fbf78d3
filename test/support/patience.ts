/**
 * How long tests wait for something that must happen. Not a measurement: a busy machine takes ten times as long as an idle one,
 * and a failure is reported this late. Durations are for `npm run bench`. Milliseconds.
 */
export const PATIENCE = 150_000;
