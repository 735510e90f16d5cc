/** What is used of ical.js, whose own types its package does not name where TypeScript looks for them. */
declare module 'ical.js' {
  export class Time {
    static fromJSDate(date: Date, utc: boolean): Time;
    static fromDateString(text: string): Time;
    readonly isDate: boolean;
    readonly year: number;
    readonly month: number;
    readonly day: number;
    readonly hour: number;
    readonly minute: number;
    readonly zone: { readonly tzid: string } | null;
    toUnixTime(): number;
  }
  export class Duration {
    static fromSeconds(seconds: number): Duration;
    toSeconds(): number;
  }
  export class Recur {
    static fromString(rule: string): Recur;
    readonly freq: string;
    iterator(start: Time): { next(): Time };
  }
  export class Property {
    constructor(name: string);
    static fromString(line: string): Property;
    readonly name: string;
    getParameter(name: string): string | readonly string[] | undefined;
    setParameter(name: string, value: string): void;
    getFirstValue(): unknown;
    getValues(): readonly unknown[];
    setValue(value: unknown): void;
    toICALString(): string;
  }
  export class Component {
    constructor(jCal: unknown);
    readonly name: string;
    addSubcomponent(component: Component): void;
    addProperty(property: Property): void;
    updatePropertyWithValue(name: string, value: unknown): Property;
    getFirstSubcomponent(name: string): Component | null;
    getAllSubcomponents(name: string): readonly Component[];
    getFirstProperty(name: string): Property | null;
    getAllProperties(name: string): readonly Property[];
    getFirstPropertyValue(name: string): unknown;
    removeAllProperties(name: string): boolean;
    removeAllSubcomponents(name: string): boolean;
    toJSON(): unknown;
    toString(): string;
  }
  const ICAL: {
    readonly Component: typeof Component;
    readonly Duration: typeof Duration;
    readonly Property: typeof Property;
    readonly Recur: typeof Recur;
    readonly Time: typeof Time;
    parse(text: string): unknown;
  };
  // biome-ignore lint/style/noDefaultExport: it is how ical.js exports
  export default ICAL;
}
