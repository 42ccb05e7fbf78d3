/**
 * Style of the charts. Colours come from custom properties only: the command line's page defines them for light and dark, the
 * panel maps them to the editor's theme. With forced colours the browser uses its own, and shape carries the meaning.
 */
export const chartStyle = `
.mm-strip, .mm-curve { display: block; width: 100%; height: auto; font: 11px sans-serif; }
.mm-curve { max-width: 640px; }
.mm-label { fill: var(--mm-muted); font-size: 11px; }
.mm-track { fill: var(--mm-surface); stroke: var(--mm-line); }
.mm-layer-0 { fill: var(--mm-layer-0); } .mm-layer-1 { fill: var(--mm-layer-1); } .mm-layer-2 { fill: var(--mm-layer-2); }
.mm-layer-3 { fill: var(--mm-layer-3); } .mm-layer-4 { fill: var(--mm-layer-4); }
.mm-recent { fill: var(--mm-muted); }
.mm-checkpoint, .mm-axis, .mm-grid { stroke: var(--mm-line); }
.mm-axis { stroke: var(--mm-muted); }
.mm-interval { stroke-width: 1.5; } .mm-trend { fill: none; stroke-width: 2; }
.mm-a { stroke: var(--mm-a); color: var(--mm-a); } .mm-b { stroke: var(--mm-b); color: var(--mm-b); stroke-dasharray: 6 3; }
.mm-interval.mm-b { stroke-dasharray: none; }
.mm-dot { fill: currentColor; stroke: none; }
.mm-legend { fill: var(--mm-text); font-size: 11px; }
.mm-pool, .mm-numbers { border-collapse: collapse; }
.mm-pool caption, .mm-numbers caption { text-align: start; font-weight: 600; padding: 4px 0; }
.mm-pool th, .mm-pool td, .mm-numbers th, .mm-numbers td { text-align: start; padding: 1px 12px 1px 0; border-bottom: 1px solid var(--mm-line); }
.mm-pool code { white-space: pre; }
.mm-number { font-variant-numeric: tabular-nums; }
.mm-figures { display: grid; grid-template-columns: repeat(auto-fill, minmax(13em, 1fr)); gap: 4px 16px; margin: 0; }
.mm-figures dt { color: var(--mm-muted); } .mm-figures dd { margin: 0; font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
.mm-metric { margin: 8px 0; } .mm-metric strong { display: block; } .mm-metric p { margin: 2px 0; }
.mm-definition, .mm-worth { color: var(--mm-muted); } .mm-worthless { color: var(--mm-text); font-weight: 600; }
@media (forced-colors: active) {
  .mm-cell { fill: CanvasText; } .mm-track { fill: Canvas; stroke: CanvasText; } .mm-recent { fill: Highlight; }
  .mm-label, .mm-legend { fill: CanvasText; } .mm-axis, .mm-checkpoint { stroke: CanvasText; }
  .mm-a, .mm-b { stroke: CanvasText; color: CanvasText; }
}
`;
