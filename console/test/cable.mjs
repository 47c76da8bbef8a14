// SPDX-License-Identifier: Apache-2.0
// A cable between the browser and the node that a test can cut and mend: a TCP relay.
import { connect, createServer } from 'node:net';

export async function layCable(target) {
	const { hostname, port } = new URL(target);
	const sockets = new Set();
	const hold = (socket) => {
		sockets.add(socket);
		socket.on('error', () => undefined);
		socket.on('close', () => sockets.delete(socket));
	};
	const relay = (near) => {
		const far = connect(Number(port), hostname);
		[near, far].forEach(hold);
		near.pipe(far).pipe(near);
		near.on('close', () => far.destroy());
		far.on('close', () => near.destroy());
	};
	let server;
	const plug = (at) => new Promise((resolve) => {
		server = createServer(relay).listen(at, '127.0.0.1', () => resolve(server.address().port));
	});
	const bound = await plug(0);
	return {
		url: `http://127.0.0.1:${bound}`,
		cut: () => new Promise((resolve) => {
			server.close(resolve);
			sockets.forEach((socket) => socket.destroy());
		}),
		mend: () => plug(bound),
	};
}
