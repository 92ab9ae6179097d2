// The entry: first what the picture needs, then the page around it.

import { defineHeadendPlayer } from '@headend/player';
import { startEarly } from './early.ts';
import { parseRoute } from './route.ts';

const route = parseRoute(location.pathname);
defineHeadendPlayer();
startEarly(route);
void import('./main.tsx').then(({ mount }) => mount(route));
