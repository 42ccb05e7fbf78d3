import { inRandomOrder } from '../statistics';

const list = (words: string): readonly string[] => words.split(/\s+/);

/**
 * The words of the forms, and their replacements in cases. The first of each row is used in the forms. Nouns have a regular plural and
 * start with a consonant; verbs take `ed`.
 */
const rows: readonly { placeholders: readonly string[]; words: readonly string[] }[] = [
  {
    placeholders: list('kiln barge lantern'),
    words: list(
      `kiln barge lantern gasket trowel winch turbine spindle beacon quarry sluice mortar loom bobbin rivet furnace depot canister conveyor
      silo hopper chisel girder magnet pulley ratchet saddle thimble tractor wagon burner cistern derrick dynamo flange gimbal keel ladle
      nozzle paddle plinth rotor scaffold tanker tether throttle trawler pylon bollard caisson dredger voucher docket roster ballot warrant
      plough tannery cellar bakery ferry hangar runway tramline viaduct pontoon`,
    ).filter((word) => !/(?:y|ch)$/.test(word)),
  },
  {
    placeholders: list('drift torque slack girth'),
    words: list(
      `drift torque slack girth payload draft ballast quota surcharge premium tenure rebate humidity altitude salinity density viscosity
      curvature wattage tonnage mileage clearance elevation purity hardness lifespan headcount dosage tempo tint gloss thickness stiffness
      moisture buoyancy brightness shrinkage turnover backlog wingspan voltage sweetness roughness grip freshness`,
    ),
  },
  {
    placeholders: list('hoist stow quench'),
    words: list(
      `hoist stow quench anchor dispatch fasten muster reclaim vent weigh unload temper polish launch detach soften harden sharpen flatten
      straighten loosen tighten lengthen shorten widen smelt ransack repaint restock recount unfold uncoil inspect rinse`,
    ).filter((word) => !word.endsWith('e')),
  },
  {
    placeholders: list('docked spoiled dormant grounded bonded'),
    words: list(
      `docked spoiled dormant grounded bonded stranded flagged mothballed quarantined salvaged impounded commissioned overdue inbound outbound
      certified revoked moored withheld scorched warped tarnished graded untagged audited retired rented leased pawned insured crated
      iced thawed cured`,
    ),
  },
  {
    placeholders: list('cadiz lagos busan'),
    words: list(
      `cadiz lagos busan tromso gdansk izmir recife durban mombasa antwerp santos bergen tampico callao varna odessa haifa colombo penang
      kobe osaka hobart darwin dakar luanda beira jeddah karachi bilbao porto genoa split rijeka tallinn`,
    ).filter((word) => word !== 'split'),
  },
];

/** Numbers in the forms, whose digits are replaced. */
const numbers = list('417 36 8230 0.385 2750');

/** Stands for three letters. */
const LETTERS = 'QZX';

const placeholders = [...rows.flatMap((row) => row.placeholders), LETTERS.toLowerCase()];

const pattern = new RegExp(
  `${placeholders.join('|')}|(?<![\\w.])(?:${numbers.join('|').replaceAll('.', '\\.')})(?!\\d|_)|(?<=v)36`,
  'gi',
);

/** Draws words for the forms of one document: none that occur in its text, and none twice. */
export class WordSource {
  private readonly left: string[][];

  constructor(
    text: string,
    private readonly random: () => number,
  ) {
    const lower = text.toLowerCase();
    this.left = rows.map(({ words }) =>
      inRandomOrder(
        words.filter((word) => !lower.includes(word)),
        random,
      ),
    );
  }

  /** A replacement of the words and numbers of one form; the same for all its snippets. */
  renaming(): (text: string) => string {
    const known = new Map<string, string>();
    const replaced = (word: string): string => {
      let other = known.get(word);
      if (other === undefined) known.set(word, (other = this.draw(word)));
      return other;
    };
    return (text) => text.replace(pattern, (found) => inCaseOf(found, replaced(found.toLowerCase())));
  }

  private draw(word: string): string {
    if (/^\d/.test(word)) return this.drawNumber(word);
    if (word === LETTERS.toLowerCase()) {
      const letter = (): string => String.fromCharCode(97 + Math.floor(26 * this.random()));
      return letter() + letter() + letter();
    }
    const row = rows.findIndex((one) => one.placeholders.includes(word));
    const drawn = this.left[row]!.pop();
    if (drawn === undefined) throw new Error(`no word is left in place of ${word}`);
    return drawn;
  }

  /** The same number of digits, none of them zero, so that a rounded number is not right. */
  private drawNumber(number: string): string {
    return number.replace(/\d/g, (digit, at: number) =>
      number.startsWith('0.') && at === 0 ? digit : String(1 + Math.floor(9 * this.random())),
    );
  }
}

/** `word` in the case of `model`: small, Capital or LARGE. */
function inCaseOf(model: string, word: string): string {
  if (model === model.toLowerCase()) return word;
  if (model === model.toUpperCase()) return word.toUpperCase();
  return word[0]!.toUpperCase() + word.slice(1);
}
