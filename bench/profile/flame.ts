/** A flame graph as one HTML file that needs nothing else: a click on a frame zooms in, Escape out. */
import type { Frame } from './cpuprofile.ts';

/** Frames narrower than this share of the whole are left out. */
const LEAST = 0.0005;

/** [name, place, total µs, self µs, children] */
type Packed = [string, string, number, number, Packed[]];

export function flameGraph(title: string, root: Frame): string {
  const least = root.total * LEAST;
  const pack = (frame: Frame): Packed => [
    frame.name,
    frame.at,
    Math.round(frame.total),
    Math.round(frame.self),
    frame.children.filter(({ total }) => total >= least).map(pack),
  ];
  // Nothing in the data may end the script.
  const data = JSON.stringify(pack(root)).replaceAll('<', '\\u003c');
  return `<!doctype html>
<meta charset="utf-8">
<title>${escaped(title)}</title>
<style>
body { font: 12px sans-serif; margin: 12px; }
#graph { position: relative; }
#graph div { position: absolute; height: 17px; line-height: 17px; overflow: hidden; white-space: nowrap; border-radius: 2px; cursor: pointer; box-sizing: border-box; padding-left: 3px; border-right: 1px solid #fff; }
#graph div:hover { outline: 1px solid #000; }
#what { height: 1.5em; }
</style>
<h3>${escaped(title)}</h3>
<p id="what"></p>
<div id="graph"></div>
<script>
const root = ${data};
const graph = document.getElementById('graph'), what = document.getElementById('what');
const whole = root[2];
const text = ([name, at, total, self]) => name + ' ' + at + ': ' + (total / 1000).toFixed(1) + ' ms (' + (100 * total / whole).toFixed(1) + ' %), itself ' + (self / 1000).toFixed(1) + ' ms';
const hue = (s) => { let h = 0; for (const c of s) h = (h * 31 + c.charCodeAt(0)) >>> 0; return h; };
const colour = ([name, at]) => at === '' ? '#ccc' : at.includes('node:') ? 'hsl(200 40% 78%)' : 'hsl(' + (20 + hue(at.replace(/:\\d+$/, '')) % 40) + ' 85% ' + (66 + hue(name) % 14) + '%)';
function draw(focus) {
  graph.textContent = '';
  let depth = 0;
  const place = (frame, left, width, level) => {
    depth = Math.max(depth, level);
    const div = document.createElement('div');
    div.style.cssText = 'left:' + left + '%;width:' + width + '%;top:' + level * 18 + 'px;background:' + colour(frame);
    div.textContent = frame[0];
    div.title = text(frame);
    div.onclick = () => draw(frame);
    div.onmouseover = () => { what.textContent = text(frame); };
    graph.append(div);
    let x = left;
    for (const child of frame[4]) {
      const share = width * child[2] / frame[2];
      if (share > 0.05) place(child, x, share, level + 1);
      x += share;
    }
  };
  place(focus, 0, 100, 0);
  graph.style.height = (depth + 2) * 18 + 'px';
}
onkeydown = ({ key }) => { if (key === 'Escape') draw(root); };
draw(root);
</script>
`;
}

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
