import { buildIfChanged } from './buildIfChanged';
import { runScript } from './runScript';

runScript(async () => buildIfChanged());
