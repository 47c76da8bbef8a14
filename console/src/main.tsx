// SPDX-License-Identifier: Apache-2.0
// The console starts: preferences, address, session, live stream, page.
import { render } from 'preact';
import { App } from './app';
import { restoreSession } from './api';
import { startLive } from './live';
import { startPrefs } from './prefs';
import { startRouter } from './router';
import './style.css';

/** A node that is just starting is asked again until it answers. */
function askSession(): void {
	restoreSession().catch(() => setTimeout(askSession, 2000));
}

startPrefs();
startRouter();
startLive();
askSession();
render(<App />, document.getElementById('app')!);
