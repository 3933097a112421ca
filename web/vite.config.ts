import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vitest/config";

// The haechi binary serves `/` and `/assets/*` under a policy without inline
// scripts or styles, so nothing may be inlined and no polyfill injected.
export default defineConfig({
  plugins: [svelte()],
  build: {
    target: "es2023",
    outDir: "dist",
    assetsDir: "assets",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: true,
  },
  // style sheets are read by tests, too
  test: { css: true },
  server: {
    host: "127.0.0.1",
    proxy: { "/api": { target: "http://127.0.0.1:4240" } },
  },
});
