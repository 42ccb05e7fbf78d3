/** Numbers for terms, shared by all files. */
export class Vocabulary {
  private readonly ids = new Map<string, number>();
  private readonly terms: string[] = [];

  /** The number of a term, assigned if it has none. */
  idOf(term: string): number {
    let id = this.ids.get(term);
    if (id === undefined) {
      id = this.ids.size;
      this.ids.set(term, id);
      this.terms.push(term);
    }
    return id;
  }

  /** The number of a term, or undefined when no file has it. */
  get(term: string): number | undefined {
    return this.ids.get(term);
  }

  /** The term of a number. @throws RangeError for an unknown one */
  termOf(id: number): string {
    const term = this.terms[id];
    if (term === undefined) throw new RangeError(`no term has the number ${id}`);
    return term;
  }
}
