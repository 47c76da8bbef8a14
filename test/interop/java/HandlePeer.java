// SPDX-License-Identifier: Apache-2.0
import java.io.BufferedReader;
import java.io.PrintWriter;
import java.io.StringReader;
import java.io.StringWriter;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPairGenerator;
import java.security.KeyPair;
import java.security.PrivateKey;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import net.handle.apps.batch.GenericBatch;
import net.handle.hdllib.*;

/**
 * The Handle client of its makers against a node: each case prints "ok NAME" or "not ok NAME -
 * REASON". First `keys FOLDER`, which makes a key and the record of the prefix; then, with that
 * record in the node, `run FOLDER PORT PORT_OF_SECOND_NODE`.
 */
public class HandlePeer {
    static final String PREFIX = "99.100.1", RECORD = "0.NA/" + PREFIX, BELOW = "99.100.1.7";
    static final byte[] SECRET = b("a secret of the test");
    static final int ALL = 12;

    static HandleResolver resolver = new HandleResolver();
    static SiteInfo site, below;
    static AuthenticationInfo key, secret, wrong, stranger;
    static PrivateKey privateKey;

    interface Case {
        void run() throws Exception;
    }

    static byte[] b(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    static void demand(boolean truth, Object what) {
        if (!truth) throw new IllegalStateException(String.valueOf(what));
    }

    static void check(String name, Case body) {
        try {
            body.run();
            System.out.println("ok " + name);
        } catch (Throwable broken) {
            System.out.println("not ok " + name + " - " + String.valueOf(broken).replace('\n', ' '));
        }
    }

    // Making keys.

    static HandleValue value(int index, String type, byte[] data) {
        return new HandleValue(index, b(type), data);
    }

    static HandleValue admin(int index) {
        boolean t = true;
        AdminRecord record = new AdminRecord(b(RECORD), 200, t, t, t, t, t, t, t, t, t, t, t, t);
        return value(index, "HS_ADMIN", Encoder.encodeAdminRecord(record));
    }

    static String json(HandleValue v, String permissions) {
        return "{\"index\":" + v.getIndex() + ",\"type\":\"" + v.getTypeAsString() + "\",\"permissions\":\""
            + permissions + "\",\"data\":{\"format\":\"base64\",\"value\":\""
            + Base64.getEncoder().encodeToString(v.getData()) + "\"}}";
    }

    static void keys(Path folder) throws Exception {
        KeyPairGenerator maker = KeyPairGenerator.getInstance("RSA");
        maker.initialize(2048);
        KeyPair pair = maker.generateKeyPair();
        ValueReference[] group = {new ValueReference(b(RECORD), 300), new ValueReference(b(RECORD), 301)};
        String record = "{\"values\":[" + json(admin(100), "1110") + ","
            + json(value(200, "HS_VLIST", Encoder.encodeValueReferenceList(group)), "1110") + ","
            + json(value(300, "HS_PUBKEY", Util.getBytesFromPublicKey(pair.getPublic())), "1110") + ","
            + json(value(301, "HS_SECKEY", SECRET), "1100") + ","
            + json(value(302, "HS_SECKEY", b("a stranger")), "1100") + "]}";
        Files.write(folder.resolve("record.json"), b(record));
        Files.write(folder.resolve("private.bin"), Util.getBytesFromPrivateKey(pair.getPrivate()));
    }

    // Asking.

    static SiteInfo siteAt(int port) throws Exception {
        GenericRequest ask = new GenericRequest(b("/"), AbstractMessage.OC_GET_SITE_INFO, null);
        AbstractResponse got = resolver.sendHdlTcpRequest(ask, InetAddress.getByName("127.0.0.1"), port);
        demand(got instanceof GetSiteInfoResponse, got);
        return ((GetSiteInfoResponse) got).siteInfo;
    }

    static AbstractResponse ask(AbstractRequest request) throws Exception {
        return resolver.sendRequestToSite(request, site);
    }

    static void code(AbstractResponse got, int wanted) {
        demand(got.responseCode == wanted, got);
    }

    static void does(AbstractRequest request, int wanted) throws Exception {
        code(ask(request), wanted);
    }

    static HandleValue[] resolve(String name, String[] types, int[] indexes) throws Exception {
        byte[][] wanted = types == null ? null : new byte[types.length][];
        for (int i = 0; types != null && i < types.length; i++) wanted[i] = b(types[i]);
        AbstractResponse got = ask(new ResolutionRequest(b(name), wanted, indexes, null));
        code(got, AbstractMessage.RC_SUCCESS);
        return ((ResolutionResponse) got).getHandleValues();
    }

    static HandleValue[] url(String text) {
        return new HandleValue[] {value(1, "URL", b(text)), admin(100)};
    }

    static CreateHandleRequest create(String name, AuthenticationInfo who) {
        return new CreateHandleRequest(b(name), url("https://127.0.0.1/" + name), who);
    }

    static List<String> list(AbstractRequest request) throws Exception {
        List<String> names = new ArrayList<>();
        int[] last = {0};
        AbstractResponse got = resolver.sendRequestToSite(request, site, message -> {
            last[0] = message.responseCode;
            byte[][] found = message instanceof ListHandlesResponse ? ((ListHandlesResponse) message).handles
                : message instanceof ListNAsResponse ? ((ListNAsResponse) message).handles : new byte[0][];
            for (byte[] name : found) names.add(Util.decodeString(name));
        });
        demand(got == null || got.responseCode == AbstractMessage.RC_SUCCESS, got);
        demand(last[0] == AbstractMessage.RC_SUCCESS || names.size() > 0, "code " + last[0]);
        return names;
    }

    static void over(int protocol, Case body) throws Exception {
        resolver.setPreferredProtocols(new int[] {protocol});
        try {
            body.run();
        } finally {
            resolver.setPreferredProtocols(new int[] {Interface.SP_HDL_TCP});
        }
    }

    static GenericRequest home(int operation, String prefix) {
        GenericRequest request = new GenericRequest(b("0.NA/" + prefix), operation, key);
        request.isAdminRequest = true;
        return request;
    }

    static void within(SessionSetupInfo setup, Case body) throws Exception {
        ClientSessionTracker tracker = new ClientSessionTracker();
        tracker.setSessionSetupInfo(setup);
        resolver.setSessionTracker(tracker);
        try {
            body.run();
            demand(tracker.getSession(site.servers[0], key) != null, "no session was used");
        } finally {
            resolver.setSessionTracker(null);
        }
    }

    // The cases.

    static void questions() {
        String name = PREFIX + "/first";
        check("creates with a key", () -> does(create(name, key), 1));
        long made = System.currentTimeMillis() + 1;
        while (System.currentTimeMillis() <= made) Thread.onSpinWait();
        check("resolves over TCP", () -> demand(resolve(name, null, null).length == 2, "values"));
        check("resolves over UDP", () -> over(Interface.SP_HDL_UDP,
            () -> demand(resolve(name, null, null).length == 2, "values")));
        check("resolves in another case of letters",
            () -> demand(resolve(PREFIX + "/FIRST", null, null).length == 2, "values"));
        check("filters by type", () -> demand(resolve(name, new String[] {"URL"}, null).length == 1, "values"));
        check("filters by index",
            () -> demand(resolve(name, null, new int[] {100}).length == 1, "values"));
        check("filters by the head of a type", () -> {
            HandleValue[] more = {value(2, "URL.MIRROR", b("https://127.0.0.2/"))};
            does(new AddValueRequest(b(name), more, key), 1);
            demand(resolve(name, new String[] {"URL."}, null).length == 2, "values");
        });
        check("resolves as of a time", () -> {
            String then = "JIZHU.AT:" + made;
            HandleValue[] past = resolve(name, new String[] {then, "URL."}, null);
            demand(past.length == 2 && past[0].getTypeAsString().equals("URL"), "values");
            demand(past[1].getTypeAsString().equals("JIZHU.AT"), "the change");
            demand(resolve(name, new String[] {"JIZHU.AT:2200-01-01T00:00:00Z"}, null).length == 4, "today");
            does(new ResolutionRequest(b(name), new byte[][] {b("JIZHU.AT:1")}, null, null), 100);
            does(new ResolutionRequest(b(name), new byte[][] {b("JIZHU.AT:soon")}, null, null), 4);
        });
        check("is told that a name is not there",
            () -> does(new ResolutionRequest(b(PREFIX + "/none"), null, null, null), 100));
        check("is told that values are not there",
            () -> does(new ResolutionRequest(b(name), new byte[][] {b("EMAIL")}, null, null), 200));
        check("is told that a prefix is not here",
            () -> does(new ResolutionRequest(b("99.900/x"), null, null, null), 301));
        check("checks the signature of a certified answer", () -> {
            ResolutionRequest request = new ResolutionRequest(b(name), null, null, null);
            request.certify = true;
            code(ask(request), 1); // the client throws when the signature is wrong
        });
        check("reads UTF-8", () -> {
            does(new AddValueRequest(b(name), new HandleValue[] {value(3, "DESC", b("阀门 3"))}, key), 1);
            demand(resolve(name, null, new int[] {3})[0].getDataAsString().equals("阀门 3"), "text");
        });
        check("reads a record of many packets over UDP", () -> {
            HandleValue[] long_ = {value(1, "BLOB", new byte[3000]), admin(100)};
            does(new CreateHandleRequest(b(PREFIX + "/long"), long_, key), 1);
            over(Interface.SP_HDL_UDP,
                () -> demand(resolve(PREFIX + "/long", null, null)[0].getData().length == 3000, "bytes"));
        });
    }

    static void changes() {
        String name = PREFIX + "/second";
        check("is told that a name is taken", () -> does(create(PREFIX + "/first", key), 101));
        check("creates with a secret", () -> does(create(name, secret), 1));
        check("is refused with a wrong secret", () -> does(create(PREFIX + "/no", wrong), 403));
        check("is refused without permission", () -> does(create(PREFIX + "/no", stranger), 400));
        check("adds a value", () -> does(
            new AddValueRequest(b(name), new HandleValue[] {value(5, "EMAIL", b("li@127.0.0.1"))}, secret), 1));
        check("is told that an index is taken", () -> does(
            new AddValueRequest(b(name), new HandleValue[] {value(5, "EMAIL", b("x"))}, key), 201));
        check("modifies a value", () -> {
            does(new ModifyValueRequest(b(name), new HandleValue[] {value(5, "EMAIL", b("wang"))}, key), 1);
            demand(resolve(name, null, new int[] {5})[0].getDataAsString().equals("wang"), "text");
        });
        check("is told that a value to modify is not there", () -> does(
            new ModifyValueRequest(b(name), new HandleValue[] {value(77, "EMAIL", b("x"))}, key), 200));
        check("removes a value", () -> {
            does(new RemoveValueRequest(b(name), new int[] {5}, key), 1);
            demand(resolve(name, null, null).length == 2, "values");
        });
        check("overwrites a record", () -> {
            CreateHandleRequest request = create(name, key);
            request.overwriteWhenExists = true;
            does(request, 1);
        });
        check("has a suffix made up", () -> {
            CreateHandleRequest request = create(PREFIX + "/m-", key);
            request.mintNewSuffix = true;
            AbstractResponse got = ask(request);
            code(got, 1);
            String made = Util.decodeString(((CreateHandleResponse) got).handle);
            demand(made.startsWith(PREFIX + "/m-") && made.length() > 40, made);
        });
        check("reads a private value as its administrator", () -> {
            HandleValue hidden = value(6, "COST", b("42"));
            hidden.setAnyoneCanRead(false);
            does(new AddValueRequest(b(name), new HandleValue[] {hidden}, key), 1);
            demand(resolve(name, null, null).length == 2, "public values");
            ResolutionRequest request = new ResolutionRequest(b(name), null, null, key);
            request.ignoreRestrictedValues = false;
            demand(((ResolutionResponse) ask(request)).getHandleValues().length == 3, "all values");
        });
        check("deletes a record", () -> does(new DeleteHandleRequest(b(name), key), 1));
        check("is told that a record to delete is not there",
            () -> does(new DeleteHandleRequest(b(name), key), 100));
    }

    static void more() {
        check("works in a session", () -> within(new SessionSetupInfo(key), () -> {
            does(create(PREFIX + "/session-1", key), 1);
            does(create(PREFIX + "/session-2", key), 1);
            does(new DeleteHandleRequest(b(PREFIX + "/session-1"), key), 1);
        }));
        SessionSetupInfo sealed = new SessionSetupInfo(key);
        sealed.encrypted = true;
        check("works in an encrypted session", () -> within(sealed, () -> {
            does(create(PREFIX + "/session-3", key), 1);
            does(new DeleteHandleRequest(b(PREFIX + "/session-3"), key), 1);
        }));
        check("sends a batch", HandlePeer::batch);
        check("asks from many threads at once", HandlePeer::threads);
        check("lists more names than fit a message", () -> {
            List<String> names = list(new ListHandlesRequest(b(RECORD), key));
            demand(names.size() > 150, names.size() + " names");
            demand(names.contains(PREFIX + "/BATCH-7"), "a name of the batch");
        });
        check("homes a prefix", () -> {
            does(home(AbstractMessage.OC_HOME_NA, "99.100.2"), 1);
            does(create("99.100.2/x", key), 1);
        });
        check("lists homed prefixes", () -> {
            List<String> names = list(new ListNAsRequest(b("/"), key));
            demand(names.contains("0.NA/99.100.2") && names.contains(RECORD), names);
        });
        check("unhomes a prefix", () -> {
            does(home(AbstractMessage.OC_UNHOME_NA, "99.100.2"), 1);
            does(new ResolutionRequest(b("99.100.2/x"), null, null, null), 301);
        });
        check("follows a referral to a second node", HandlePeer::referral);
    }

    static void batch() throws Exception {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < 60; i++)
            text.append("CREATE " + PREFIX + "/batch-" + i + "\n1 URL 86400 1110 UTF8 https://127.0.0.1/" + i
                + "\n100 HS_ADMIN 86400 1110 ADMIN 200:111111111111:" + RECORD + "\n\n");
        text.append("ADD " + PREFIX + "/batch-7\n2 DESC 86400 1110 UTF8 seven\n\nDELETE " + PREFIX + "/batch-8\n");
        StringWriter log = new StringWriter();
        new GenericBatch(new BufferedReader(new StringReader(text.toString())), key, new PrintWriter(log),
            resolver).processBatch();
        demand(!log.toString().contains("FAILURE"), log);
        demand(resolve(PREFIX + "/batch-7", null, null).length == 3, "values");
        does(new ResolutionRequest(b(PREFIX + "/batch-8"), null, null, null), 100);
    }

    static void threads() throws Exception {
        ExecutorService pool = Executors.newFixedThreadPool(8);
        List<Future<Integer>> runs = new ArrayList<>();
        for (int t = 0; t < 8; t++) {
            int thread = t;
            runs.add(pool.submit(() -> {
                int good = 0;
                for (int i = 0; i < 15; i++) {
                    String name = PREFIX + "/thread-" + thread + "-" + i;
                    good += ask(create(name, key)).responseCode == 1 && resolve(name, null, null).length == 2 ? 1 : 0;
                }
                return good;
            }));
        }
        int good = 0;
        for (Future<Integer> run : runs) good += run.get();
        pool.shutdown();
        demand(good == 120, good + " of 120");
    }

    static void referral() throws Exception {
        HandleValue[] delegation = {value(1, "HS_SITE", Encoder.encodeSiteInfoRecord(below)), admin(100)};
        does(new CreateHandleRequest(b("0.NA/" + BELOW), delegation, key), 1);
        AbstractResponse first = ask(new ResolutionRequest(b(BELOW + "/there"), null, null, null));
        demand(first.responseCode == AbstractMessage.RC_SERVICE_REFERRAL, first);
        resolver.getConfiguration().setLocalSites(b("0.NA/" + BELOW), new SiteInfo[] {site});
        AbstractResponse got = resolver.processRequest(new ResolutionRequest(b(BELOW + "/there"), null, null, null));
        code(got, 1);
        demand(((ResolutionResponse) got).getHandleValues().length == 1, got);
    }

    public static void main(String[] words) throws Exception {
        Path folder = Path.of(words[1]);
        if (words[0].equals("keys")) {
            keys(folder);
            return;
        }
        byte[] bytes = Files.readAllBytes(folder.resolve("private.bin"));
        privateKey = Util.getPrivateKeyFromBytes(bytes, 0);
        key = new PublicKeyAuthenticationInfo(b(RECORD), 300, privateKey);
        secret = new SecretKeyAuthenticationInfo(b(RECORD), 301, SECRET);
        wrong = new SecretKeyAuthenticationInfo(b(RECORD), 301, b("a guess"));
        stranger = new SecretKeyAuthenticationInfo(b(RECORD), 302, b("a stranger"));
        resolver.setPreferredProtocols(new int[] {Interface.SP_HDL_TCP});
        check("gets site information", () -> {
            site = siteAt(Integer.parseInt(words[2]));
            below = siteAt(Integer.parseInt(words[3]));
            demand(site.isPrimary && site.servers.length == 1, site);
        });
        resolver.getConfiguration().setLocalSites(RECORD, new SiteInfo[] {site});
        questions();
        changes();
        more();
        System.exit(0);
    }
}
