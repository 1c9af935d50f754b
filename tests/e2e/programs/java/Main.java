import java.net.InetAddress;
import java.net.http.HttpRequest;
import java.net.URI;
import java.nio.charset.Charset;
import java.security.KeyStore;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.time.Instant;
import java.util.Arrays;
import java.util.Locale;
import java.util.regex.Pattern;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;

public class Main {
    public static void main(String[] arguments) throws Exception {
        switch (arguments[0]) {
            case "hello" -> System.out.println("hello from Java " + Runtime.version().feature());
            case "tls" -> {
                System.out.println(SSLContext.getDefault().getProtocol());
                TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
                factory.init((KeyStore) null);
                System.out.println(((X509TrustManager) factory.getTrustManagers()[0]).getAcceptedIssuers().length);
            }
            case "zone" -> System.out.println(ZonedDateTime.ofInstant(Instant.EPOCH, ZoneId.of("Europe/Paris")));
            case "charset" -> {
                for (String name : new String[] {"Shift_JIS", "IBM037", "GB18030", "windows-1252"})
                    System.out.println(name + Arrays.toString("日a".getBytes(Charset.forName(name))));
            }
            case "locale" -> System.out.println(String.format(Locale.GERMANY, "%,.2f %tA", 12345.678, ZonedDateTime.ofInstant(Instant.EPOCH, ZoneId.of("UTC"))));
            case "dns" -> System.out.println(InetAddress.getByName("localhost"));
            case "client" -> System.out.println(java.net.http.HttpClient.newHttpClient().version() + " " + HttpRequest.newBuilder(URI.create("http://x/")).build().method());
            case "xml" -> System.out.println(javax.xml.parsers.DocumentBuilderFactory.newInstance().newDocumentBuilder()
                .parse(new java.io.ByteArrayInputStream("<a><b>c</b></a>".getBytes())).getDocumentElement().getTextContent());
            case "crypto" -> System.out.println(java.util.HexFormat.of().formatHex(java.security.MessageDigest.getInstance("SHA3-256").digest("x".getBytes())));
            case "process" -> new ProcessBuilder("sh", "-c", "echo from a shell").inheritIO().start().waitFor();
            case "throw" -> deep(3);
            default -> System.exit(3);
        }
    }

    static void deep(int n) {
        if (n == 0) throw new IllegalStateException("on purpose");
        deep(n - 1);
    }
}
