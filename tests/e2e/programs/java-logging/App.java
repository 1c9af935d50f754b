import java.io.StringReader;
import java.io.StringWriter;
import java.util.Map;
import javax.xml.transform.TransformerFactory;
import javax.xml.transform.stream.StreamResult;
import javax.xml.transform.stream.StreamSource;

public class App {
    public static void main(String[] arguments) throws Exception {
        switch (arguments[0]) {
            case "gson" -> System.out.println(new com.google.gson.Gson().toJson(Map.of("a", new int[] {1, 2})));
            case "logback" -> org.slf4j.LoggerFactory.getLogger(App.class).info("logged {}", 42);
            case "jul" -> {
                System.setProperty("java.util.logging.SimpleFormatter.format", "%4$s %5$s%n");
                java.util.logging.Logger.getLogger("x").warning("logged");
            }
            case "lang" -> System.out.println(org.apache.commons.lang3.StringUtils.capitalize("word"));
            case "xslt" -> {
                String sheet = "<xsl:stylesheet version='1.0' xmlns:xsl='http://www.w3.org/1999/XSL/Transform'><xsl:template match='/'><o><xsl:value-of select='//b'/></o></xsl:template></xsl:stylesheet>";
                StringWriter out = new StringWriter();
                TransformerFactory.newInstance().newTransformer(new StreamSource(new StringReader(sheet)))
                    .transform(new StreamSource(new StringReader("<a><b>c</b></a>")), new StreamResult(out));
                System.out.println(out);
            }
            case "script" -> System.out.println(new javax.script.ScriptEngineManager().getEngineFactories().size());
            case "compile" -> System.out.println(javax.tools.ToolProvider.getSystemJavaCompiler().getSourceVersions().size());
            case "sql" -> System.out.println(java.sql.DriverManager.drivers().count());
            case "prefs" -> System.out.println(java.text.NumberFormat.getCurrencyInstance(java.util.Locale.JAPAN).format(1234));
            case "pool" -> System.out.println(java.util.stream.IntStream.range(0, 1000).parallel().sum());
            default -> throw new IllegalArgumentException("on purpose");
        }
    }
}
