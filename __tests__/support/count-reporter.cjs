/** Ends a run with one line that machines can count. */
module.exports = class CountReporter {
  onRunComplete(_contexts, { numPassedTests, numFailedTests, numPendingTests }) {
    console.log(`unit: ${numPassedTests} passed, ${numFailedTests} failed, ${numPendingTests} skipped`);
  }
};
