import { describe, expect, it } from "vitest";
import { askedIn, querySort } from "./queries";

describe("queries", () => {
  it("are sorted by time unless another order is known", () => {
    expect([querySort(null), querySort("saves"), querySort("name")]).toEqual(["time", "saves", "time"]);
  });

  it("tell where they are asked as far as that is known", () => {
    expect(askedIn({ file: "models/db.py", line: 41 })).toBe("models/db.py:41");
    expect(askedIn({ file: "models/db.py", line: null })).toBe("models/db.py");
    expect(askedIn({ file: "", line: 3 })).toBeNull();
  });
});
