/** Progress goes to stderr: stdout belongs to the results of the command that set-up runs for. */
export function say(text) {
  process.stderr.write(`set-up: ${text}\n`);
}
