/** Checks that deliveries, whose ids are `<epoch>-<sequence>`, come without a hole. */
export class DeliveryOrder {
  #epoch = 0;
  #sequence = 0;

  /** Takes note of a delivery; false if one or more before it are missing. */
  follows(id: string): boolean {
    const [epoch = 0, sequence = 0] = id.split('-').map(Number);
    const expected = epoch === this.#epoch ? this.#sequence + 1 : 1;
    this.#epoch = epoch;
    this.#sequence = sequence;
    return sequence === expected;
  }
}
