// SPDX-License-Identifier: Apache-2.0
import com.google.gson.Gson;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.gson.stream.JsonWriter;
import com.sleepycat.je.Database;
import com.sleepycat.je.DatabaseConfig;
import com.sleepycat.je.DatabaseEntry;
import com.sleepycat.je.Environment;
import com.sleepycat.je.EnvironmentConfig;
import com.sleepycat.je.util.DbDump;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.PrintStream;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import net.handle.hdllib.*;

/**
 * The records of a small Handle server. `make FOLDER` keeps them in a store of the library that
 * the server keeps its own in (Berkeley DB JE), lets that library dump it (handles.dump,
 * nas.dump), and writes them with the makers' JSON in the shapes of their tools (store.json as
 * StorageToJson, list.txt as hdl-dblist -v). `compare FOLDER EXPORT` reads an export of a node
 * with the makers' library and compares every value, byte by byte.
 */
public class DumpPeer {
    static final String PREFIX = "99.55.7", RECORD = "0.NA/" + PREFIX;
    static final int TIME = 1_500_000_000;

    static byte[] b(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    static HandleValue value(int index, String type, byte[] data, String perms) {
        HandleValue v = new HandleValue(index, b(type), data);
        v.setAdminCanRead(perms.charAt(0) == '1');
        v.setAdminCanWrite(perms.charAt(1) == '1');
        v.setAnyoneCanRead(perms.charAt(2) == '1');
        v.setAnyoneCanWrite(perms.charAt(3) == '1');
        v.setTimestamp(TIME + index % 1000);
        return v;
    }

    static HandleValue admin(String handle, int index, boolean all) {
        AdminRecord record = new AdminRecord(b(handle), index, all, true, all, false, true, all, true, false,
            true, all, true, all);
        return value(100 + index % 7, "HS_ADMIN", Encoder.encodeAdminRecord(record), "1110");
    }

    static HandleValue key(int index, String algorithm, int bits) throws Exception {
        KeyPairGenerator maker = KeyPairGenerator.getInstance(algorithm);
        maker.initialize(bits);
        KeyPair pair = maker.generateKeyPair();
        return value(index, "HS_PUBKEY", Util.getBytesFromPublicKey(pair.getPublic()), "1110");
    }

    static HandleValue site() {
        SiteInfo site = new SiteInfo();
        site.serialNumber = 7;
        site.isPrimary = true;
        site.hashOption = SiteInfo.HASH_TYPE_BY_ALL;
        site.attributes = new Attribute[] {new Attribute(b("desc"), b("a site \u4e2d"))};
        ServerInfo server = new ServerInfo();
        server.serverId = 1;
        server.ipAddress = new byte[] {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 127, 0, 0, 5};
        server.publicKey = new byte[0];
        server.interfaces = new Interface[] {new Interface(Interface.ST_QUERY, Interface.SP_HDL_UDP, 2641),
            new Interface(Interface.ST_ADMIN_AND_QUERY, Interface.SP_HDL_TCP, 2641)};
        site.servers = new ServerInfo[] {server};
        return value(3, "HS_SITE", Encoder.encodeSiteInfoRecord(site), "1110");
    }

    static Map<String, HandleValue[]> records() throws Exception {
        Map<String, HandleValue[]> all = new TreeMap<>();
        ValueReference[] group = {new ValueReference(b(RECORD), 300), new ValueReference(b(RECORD), 301)};
        all.put(RECORD, new HandleValue[] {site(), admin(RECORD, 200, true),
            value(200, "HS_VLIST", Encoder.encodeValueReferenceList(group), "1110"), key(300, "RSA", 2048),
            value(301, "HS_SECKEY", b("a secret \u4e2d of the test"), "1100"), key(302, "DSA", 1024)});
        byte[] binary = new byte[256];
        for (int i = 0; i < binary.length; i++) binary[i] = (byte) i;
        HandleValue ends = value(7, "DESC", b("ends"), "1110");
        ends.setTTLType(HandleValue.TTL_TYPE_ABSOLUTE);
        ends.setTTL(2_000_000_000);
        HandleValue refers = value(8, "REFERS", b(""), "1010");
        refers.setReferences(group);
        HandleValue brief = value(9, "URL", b("https://example.com/?a=\"1\"&b=<2>"), "1111");
        brief.setTTL(0);
        all.put(PREFIX + "/KINDS \u4e2d\"\\", new HandleValue[] {value(1, "BINARY", binary, "1110"),
            value(2, "TEXT", b("line\nline\t\u0001\u2028\ud83d\ude00"), "0110"), ends, refers, brief,
            admin(PREFIX + "/other", 3, false), value(2000000000, "X.Y", b("x"), "0010")});
        for (int i = 0; i < 500; i++) {
            String name = String.format("%s/ITEM-%04d", PREFIX, i);
            all.put(name, new HandleValue[] {value(1, "URL", b("https://example.com/" + i), "1110"),
                admin(RECORD, 200, true)});
        }
        return all;
    }

    /** As the server keeps it: a count, and each value behind its length. */
    static byte[] packed(HandleValue[] values) throws Exception {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        DataOutputStream out = new DataOutputStream(bytes);
        out.writeInt(values.length);
        for (HandleValue v : values) {
            byte[] one = encoded(v);
            out.writeInt(one.length);
            out.write(one);
        }
        return bytes.toByteArray();
    }

    static byte[] encoded(HandleValue v) {
        byte[] one = new byte[Encoder.calcStorageSize(v)];
        Encoder.encodeHandleValue(one, 0, v);
        return one;
    }

    static void store(Path folder, Map<String, HandleValue[]> all) throws Exception {
        Path home = Files.createDirectories(folder.resolve("bdbje"));
        EnvironmentConfig config = new EnvironmentConfig().setAllowCreate(true).setTransactional(true);
        try (Environment environment = new Environment(home.toFile(), config)) {
            DatabaseConfig plain = new DatabaseConfig().setAllowCreate(true).setTransactional(true);
            try (Database handles = environment.openDatabase(null, "handles", plain);
                 Database nas = environment.openDatabase(null, "nas", plain)) {
                for (Map.Entry<String, HandleValue[]> one : all.entrySet())
                    handles.put(null, new DatabaseEntry(b(one.getKey())),
                        new DatabaseEntry(packed(one.getValue())));
                nas.put(null, new DatabaseEntry(b(RECORD)), new DatabaseEntry(new byte[0]));
            }
            for (String name : new String[] {"handles", "nas"})
                try (PrintStream out = new PrintStream(folder.resolve(name + ".dump").toFile())) {
                    new DbDump(environment, name, out, false).dump();
                }
        }
    }

    static void json(Path folder, Map<String, HandleValue[]> all) throws Exception {
        Gson gson = GsonUtility.getPrettyGson();
        try (JsonWriter writer = new JsonWriter(Files.newBufferedWriter(folder.resolve("store.json")))) {
            writer.setIndent("  ");
            writer.beginObject();
            writer.name("homedPrefixes").beginArray().value(RECORD).endArray();
            writer.name("handleRecords").beginObject();
            for (Map.Entry<String, HandleValue[]> one : all.entrySet()) {
                HandleRecord record = new HandleRecord();
                record.setHandle(one.getKey());
                record.setValues(one.getValue());
                writer.name(one.getKey());
                gson.toJson(record, HandleRecord.class, writer);
            }
            writer.endObject();
            writer.endObject();
        }
        try (Writer writer = Files.newBufferedWriter(folder.resolve("list.txt"))) {
            for (Map.Entry<String, HandleValue[]> one : all.entrySet()) {
                writer.write(one.getKey() + "\n");
                gson.toJson(one.getValue(), writer);
                writer.write("\n\n");
            }
        }
    }

    static void compare(Path folder, Path export) throws Exception {
        Map<String, byte[]> kept = new TreeMap<>();
        for (String line : Files.readAllLines(folder.resolve("records.hex"))) {
            String[] parts = line.split(" ");
            kept.put(parts[0] + " " + parts[1], Util.encodeHexString(parts[2]));
        }
        int count = 0;
        for (String line : Files.readAllLines(export)) {
            JsonObject record = JsonParser.parseString(line).getAsJsonObject();
            if (!record.has("name")) continue;
            String name = record.get("name").getAsString();
            if (!name.startsWith(PREFIX + "/") && !name.equals(RECORD)) continue;
            for (JsonElement item : record.get("values").getAsJsonArray()) {
                HandleValue v = GsonUtility.getGson().fromJson(item, HandleValue.class);
                // Of four digits the library passes over the first.
                JsonElement perms = item.getAsJsonObject().get("permissions");
                if (perms != null) v.setAdminCanRead(perms.getAsString().charAt(0) == '1');
                byte[] wanted = kept.remove(Util.decodeHexString(b(name), false) + " " + v.getIndex());
                if (wanted == null) throw new Exception("more than was kept: " + v.getIndex() + " of " + name);
                if (!Arrays.equals(wanted, encoded(v)))
                    throw new Exception("differs: " + name + " " + v + "\n" + Util.decodeHexString(wanted, false)
                        + "\n" + Util.decodeHexString(encoded(v), false));
                count++;
            }
        }
        for (String left : kept.keySet()) System.out.println("missing " + left);
        System.out.println("same " + count);
    }

    public static void main(String[] words) throws Exception {
        Path folder = Path.of(words[1]);
        if (words[0].equals("compare")) {
            compare(folder, Path.of(words[2]));
            return;
        }
        Map<String, HandleValue[]> all = records();
        StringBuilder kept = new StringBuilder();
        for (Map.Entry<String, HandleValue[]> one : all.entrySet())
            for (HandleValue v : one.getValue())
                kept.append(Util.decodeHexString(b(one.getKey()), false)).append(' ').append(v.getIndex()).append(' ')
                    .append(Util.decodeHexString(encoded(v), false)).append('\n');
        Files.writeString(folder.resolve("records.hex"), kept);
        store(folder, all);
        json(folder, all);
        System.out.println("made " + all.size());
    }
}
