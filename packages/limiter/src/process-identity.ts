/** How other processes can see whether one still lives. */
export interface ProcessIdentity {
  /** Machine and namespaces: only processes of one place can look after each other. */
  place: string;
  /** `<process id>.<when it was started>`; process ids are used again. */
  process: string;
}
