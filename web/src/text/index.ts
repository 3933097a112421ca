import { en } from "./en";

/** Every language has all of these, in the same shape. */
export type Text = typeof en;

/** The words of the pages in the viewer's language. */
export const t: Text = en;
