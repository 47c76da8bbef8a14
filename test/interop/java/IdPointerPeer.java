// SPDX-License-Identifier: Apache-2.0
import cn.teleinfo.idpointer.sdk.client.GlobalIdClientFactory;
import cn.teleinfo.idpointer.sdk.client.IDClient;
import cn.teleinfo.idpointer.sdk.core.HandleValue;
import java.net.InetSocketAddress;

/**
 * The client of China's identifier nodes against a node: `run PORT NAME` prints "ok NAME" or
 * "not ok NAME - REASON" for each case.
 */
public class IdPointerPeer {
    interface Case {
        boolean run() throws Exception;
    }

    static void check(String name, Case body) {
        try {
            System.out.println((body.run() ? "ok " : "not ok ") + name);
        } catch (Throwable broken) {
            System.out.println("not ok " + name + " - " + String.valueOf(broken).replace('\n', ' '));
        }
    }

    static boolean isUrl(HandleValue[] values, String name) {
        for (HandleValue value : values)
            if (value.getTypeAsString().equals("URL"))
                return value.getDataAsString().equals("https://127.0.0.1/" + name);
        return false;
    }

    public static void main(String[] words) throws Exception {
        InetSocketAddress node = new InetSocketAddress("127.0.0.1", Integer.parseInt(words[1]));
        String name = words[2];
        try (IDClient client = GlobalIdClientFactory.newInstance(node)) {
            check("resolves", () -> isUrl(client.resolveHandle(name), name));
            check("filters by type", () -> {
                HandleValue[] values = client.resolveHandle(name, new String[] {"URL"}, null);
                return values.length == 1 && isUrl(values, name);
            });
            check("filters by index", () -> {
                HandleValue[] values = client.resolveHandle(name, null, new int[] {2});
                return values.length == 1 && values[0].getTypeAsString().equals("DESC");
            });
        }
        // Its pool of connections has threads that do not end by themselves.
        System.exit(0);
    }
}
