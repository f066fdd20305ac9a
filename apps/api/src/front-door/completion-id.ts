/** A job's id in OpenAI's form: `chatcmpl-…`, the same whichever vendor answered. */
export function completionId(jobId: string): string {
  return `chatcmpl-${jobId.replace(/^job_/, '')}`;
}
