import { expect, it } from "vitest";
import { agentName } from "./agent";

it("names browsers with their version and system", () => {
  expect(agentName("Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0")).toBe("Firefox 130, Linux");
  const chrome = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/129.0.0.0 Safari/537.36";
  expect(agentName(chrome)).toBe("Chrome 129, Windows");
  expect(agentName(`${chrome} Edg/129.0`)).toBe("Edge 129, Windows");
  const phone = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15";
  expect(agentName(`${phone} (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1`)).toBe("Safari 17, iOS");
  expect(agentName(`${phone} Safari/604.1`)).toBe("Safari, iOS");
});

it("names programs by what they call themselves", () => {
  expect(agentName("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)")).toBe("Googlebot");
  expect(agentName("curl/8.5.0")).toBe("curl/8.5.0");
  expect(agentName("")).toBe("");
});
