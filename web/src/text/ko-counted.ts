/** A number with its Korean counter: 1건, 1,200건. */
export const counted = (n: number, counter: string) => `${new Intl.NumberFormat("ko").format(n)}${counter}`;
