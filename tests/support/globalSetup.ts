import { buildIfChanged } from '../../scripts/buildIfChanged';

/** Before any test: tests run the bundles, and import what is generated. */
export default buildIfChanged;
