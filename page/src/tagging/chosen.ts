import { signal } from '@preact/signals';

/** Devices that were chosen in a list, on their way to be tagged: too many for an address. */
export const chosenDevices = signal<readonly string[]>([]);
