// The browser and the system that a user agent names, as people call them.

/** Tried in this order: many browsers also name those they are like. */
const BROWSERS: [RegExp, string][] = [
  [/\b(?:Edg|EdgA|EdgiOS)\/(\d+)/, "Edge"],
  [/\bOPR\/(\d+)/, "Opera"],
  [/\bSamsungBrowser\/(\d+)/, "Samsung Internet"],
  [/\bWhale\/(\d+)/, "Whale"],
  [/\b(?:Firefox|FxiOS)\/(\d+)/, "Firefox"],
  [/\b(?:Chrome|CriOS|Chromium)\/(\d+)/, "Chrome"],
  [/\bVersion\/(\d+)[\d.]* (?:Mobile\/\S+ )?Safari\//, "Safari"],
  [/\bSafari\/(\d+)/, "Safari"],
];
const SYSTEMS: [RegExp, string][] = [
  [/iPhone|iPad|iOS/, "iOS"],
  [/Android/, "Android"],
  [/Windows/, "Windows"],
  [/Mac OS X|Macintosh/, "macOS"],
  [/CrOS/, "ChromeOS"],
  [/Linux|X11/, "Linux"],
];
const PROGRAM = /([A-Za-z][\w-]*(?:bot|crawler|spider|externalhit|slurp)[\w-]*)/i;

interface Agent {
  /** "Firefox", "Googlebot", or the first word of what is not known. */
  browser: string;
  version: string;
  /** "" where none is named, as by most programs. */
  system: string;
}

function read(agent: string): Agent {
  const program = PROGRAM.exec(agent)?.[1];
  if (program !== undefined) return { browser: program, version: "", system: "" };
  const system = SYSTEMS.find(([look]) => look.test(agent))?.[1] ?? "";
  for (const [look, browser] of BROWSERS) {
    const version = look.exec(agent)?.[1];
    // Safari's own number stands elsewhere than in `Safari/`.
    if (version !== undefined) return { browser, version: browser === "Safari" && !agent.includes("Version/") ? "" : version, system };
  }
  return { browser: agent.trim().split(/[\s(;]/)[0]?.slice(0, 60) ?? "", version: "", system };
}

/** "Firefox 130, Linux", "Googlebot", or the first word of what is not known. */
export function agentName(agent: string): string {
  const { browser, version, system } = read(agent);
  const text = version === "" ? browser : `${browser} ${version}`;
  const isBrowser = BROWSERS.some(([, name]) => name === browser);
  return isBrowser && system !== "" ? `${text}, ${system}` : text;
}

/** "Firefox" of all its versions, "Googlebot", "curl". */
export function browserName(agent: string): string {
  return read(agent).browser.split("/")[0] ?? "";
}

/** "Windows", "iOS"; "" where none is named. */
export function systemName(agent: string): string {
  return read(agent).system;
}
