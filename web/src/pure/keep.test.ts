import { expect, it } from "vitest";
import { csv, fileName } from "./keep";

it("writes rows as CSV with every field any of them has", () => {
  expect(csv([{ a: 1, b: 'say "hi", you' }, { b: null, c: ["x", 2] }])).toBe(
    'a,b,c\r\n1,"say ""hi"", you",\r\n,,"[""x"",2]"\r\n',
  );
  expect(csv([])).toBe("\r\n");
});

it("keeps texts from being formulas in a sheet, and numbers as numbers", () => {
  expect(csv([{ path: "=HYPERLINK(1)", n: -4.5, at: "@x" }])).toBe("path,n,at\r\n'=HYPERLINK(1),-4.5,'@x\r\n");
});

it("names a file by its content and time, with nothing that leads elsewhere", () => {
  const now = new Date("2026-11-23T06:07:08.9Z");
  expect(fileName("Slowest requests: ../../etc", "csv", now)).toBe("haechi-slowest-requests-etc-2026-11-23T060708.csv");
  expect(fileName("가장 느린 요청", "json", now)).toBe("haechi-가장-느린-요청-2026-11-23T060708.json");
});
