/**
 * Words about land, craft and weather: none of them is in the list for planting facts in training (its recall/names.py), as a
 * test checks.
 */
export const words = (
  'acorn almond amber anvil apple apron arrow aspen autumn badger barley barrel basil bellows birch bison blossom boulder ' +
  'bramble brass briar bronze brook butter cabin camel candle canyon carbon cedar cellar cherry cider cinder clover cobalt comet ' +
  'copper coral cotton crane crater cricket crystal cypress daisy dapple dolphin donkey dove dragon dune eagle ebony ember falcon fern ' +
  'fiddle finch flint forest fossil fountain fox furnace garden garlic geyser ginger glacier goblet granite gravel grove gull hammer ' +
  'harbor harvest hazel heron hickory honey hornet island ivory jasper juniper kettle lagoon lantern lark lava lemon lentil lichen ' +
  'lilac linen lizard lotus lumber magnet mallet mango maple marble marsh meadow melon meteor mint mirror moss mountain mustard nectar ' +
  'nettle nutmeg oak oasis ocean olive onyx opal orchard orchid otter oyster paddle panther parsley pebble pelican pepper pewter pine ' +
  'plum pollen pony poppy prairie pumpkin quarry quartz quill rabbit raven reef ribbon river robin rocket saddle saffron salmon sandal ' +
  'sapphire sparrow spindle spruce squid stork summit sunset swan thicket thistle thunder timber topaz tulip tundra turtle valley ' +
  'velvet violet walnut walrus wheat willow winter wolf wren zebra zinc'
).split(' ');

const onsets = 'b br c cl d dr f fl g gr h j k l m n p pl qu r s sk st t tr v w z'.split(' ');
const nuclei = 'a e i o u ai ea oo'.split(' ');
const codas = ['', '', 'b', 'ck', 'd', 'l', 'm', 'n', 'nd', 'p', 'r', 'sk', 'st', 't', 'x'];

export type Style = 'camel' | 'pascal' | 'upper' | 'snake';

/** Draws names without repetition. */
export class Names {
  private readonly given = new Set<string>();

  /** @param random returns numbers in [0, 1) */
  constructor(private readonly random: () => number) {}

  pick<T>(list: readonly T[]): T {
    return list[Math.floor(this.random() * list.length)]!;
  }

  /** An integer from `low` to `high`, inclusive. */
  integer(low: number, high: number): number {
    return low + Math.floor(this.random() * (high - low + 1));
  }

  /** Two or three parts: words, or syllables that are not words. */
  name(style: Style): string {
    for (;;) {
      const parts = Array.from({ length: this.integer(2, 3) }, () =>
        this.random() < 0.7 ? this.pick(words) : this.invented(),
      );
      const name = applyStyle(parts, style);
      if (this.given.has(name.toLowerCase())) continue;
      this.given.add(name.toLowerCase());
      return name;
    }
  }

  private invented(): string {
    const syllable = (): string => this.pick(onsets) + this.pick(nuclei) + this.pick(codas);
    return syllable() + syllable();
  }
}

/** Joins the parts to one identifier. */
export function applyStyle(parts: readonly string[], style: Style): string {
  const capital = (part: string): string => part[0]!.toUpperCase() + part.slice(1);
  if (style === 'camel') return parts[0]! + parts.slice(1).map(capital).join('');
  if (style === 'pascal') return parts.map(capital).join('');
  return style === 'upper' ? parts.join('_').toUpperCase() : parts.join('_');
}
