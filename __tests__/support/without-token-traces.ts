/** cdktf formats a stack trace for every token it makes, here through source maps: a third of a synth. */
const capture = Error.captureStackTrace;
Error.captureStackTrace = (target, below) => {
  if (below?.name !== "captureStackTrace") capture(target, below);
};
