import { describe, expect, it } from "vitest";
import type { Frame } from "../api/issueTypes";
import { cuts, pieces, stackRows } from "./stack";

const frame = (name: string, in_app: boolean, left_out = 0): Frame => ({
  file: `/srv/${name}.py`, function: name, line: 1, in_app, source: "", locals: [], left_out,
});
const shape = (frames: Frame[]) =>
  pieces(frames).map((piece) => {
    if (piece.kind === "own") return piece.frame.function;
    return piece.kind === "left_out" ? piece.count : piece.frames.map((one) => one.function);
  });

describe("a stack", () => {
  it("begins with the frame that raised", () => {
    expect(shape([frame("outer", true), frame("inner", true)])).toEqual(["inner", "outer"]);
  });

  it("folds each run of framework frames into one piece", () => {
    const frames = [frame("serve", false), frame("call", false), frame("index", true), frame("query", false), frame("total", true)];
    expect(shape(frames)).toEqual(["total", ["query"], "index", ["call", "serve"]]);
  });

  it("says what was left out where it was left out", () => {
    expect(shape([frame("top", true, 997), frame("deep", true)])).toEqual(["deep", 997, "top"]);
    expect(shape([frame("serve", false), frame("call", false, 3), frame("index", true)])).toEqual(["index", 3, ["call", "serve"]]);
  });

  it("is nothing without frames", () => {
    expect(pieces([])).toEqual([]);
  });
});

describe("the marks of cut secrets", () => {
  it("are told apart from the text around them", () => {
    expect(cuts("{'key': '[cut:key:12]', 'n': 1}")).toEqual([
      { text: "{'key': '", cut: false },
      { text: "[cut:key:12]", cut: true },
      { text: "', 'n': 1}", cut: false },
    ]);
    expect(cuts("[cut:jwt:812]")).toEqual([{ text: "[cut:jwt:812]", cut: true }]);
  });

  it("are not seen in what only resembles one", () => {
    expect(cuts("[cut:] [cut:x] [cut:x:y]")).toEqual([{ text: "[cut:] [cut:x] [cut:x:y]", cut: false }]);
    expect(cuts("")).toEqual([]);
  });
});

it("gives every frame of every exception as a row, as it is shown, with its variables by name", () => {
  const inner = { ...frame("view", true), locals: [{ name: "user", value: "'ada'" }] };
  const rows = stackRows([{ tie: "raised", type: "KeyError", message: "x", frames: [frame("wsgi", false), inner] }]);
  expect(rows).toEqual([
    expect.objectContaining({ type: "KeyError", function: "view", locals: { user: "'ada'" } }),
    expect.objectContaining({ function: "wsgi", in_app: false, locals: {} }),
  ]);
});
