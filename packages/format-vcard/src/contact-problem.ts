/** What a card or a contact lost on its way. */
export interface ContactProblem {
  readonly detail: string;
  /** Whether something of the content is missing. */
  readonly loss: boolean;
}
