// Draws the Mermaid diagram of standard input as SVG. The first argument is the script of the renderer.
import { readFileSync } from "node:fs";
const { renderMermaidSVG } = await import(process.argv[2]);
const colors = { bg: "var(--md-default-bg-color)", fg: "var(--md-default-fg-color)", transparent: true };
const spaces = { padding: 8, nodeSpacing: 16, layerSpacing: 24 };
process.stdout.write(renderMermaidSVG(readFileSync(0, "utf8"), { ...colors, ...spaces }));
