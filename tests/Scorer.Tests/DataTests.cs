using System.IO.Compression;
using System.Text;
using Scorer.Data;

namespace Scorer.Tests;

/// <summary>From the text of a table to features.</summary>
public sealed class DataTests
{
    private static readonly LabelChoice s_suggested = new("y", null, null);

    private static CsvTable Table(string text) => CsvTable.Parse(text, "rows.csv");

    private static string Fails(Action action) => Assert.Throws<UserErrorException>(action).Message;

    [Theory]
    [InlineData("a,b\n1,x\n2,y\n")]
    [InlineData("a;b\r\n1;x\r\n2;y")]
    [InlineData("a\tb\n1\tx\n\n2\ty\n\n")]
    [InlineData("a,b\r1,x\r\r2,y\r")]
    [InlineData("#@ a comment\n# another\na,b\n1,x\n2,y\n")]
    [InlineData(" a , b \n 1 , x \n 2 ,\"y\" \n")]
    public void A_table_is_read_whatever_separates_its_cells(string text)
    {
        var table = Table(text);
        Assert.Equal(["a", "b"], table.Columns);
        Assert.Equal([["1", "x"], ["2", "y"]], table.Rows);
    }

    [Fact]
    public void Quoted_cells_have_separators_lines_and_quotes_in_them() =>
        Assert.Equal(["a,b", "c\nd", "say \"x\"", ""], Table("p,q,r,s\n\"a,b\",\"c\nd\",\"say \"\"x\"\"\",\"\"\n").Rows[0]);

    [Theory]
    [InlineData("", "is empty")]
    [InlineData("a,b\n", "has a header and no rows")]
    [InlineData("a,b\n1,2\n3\n", "line 3: 1 cells, but the header names 2 columns")]
    [InlineData("a,a\n1,2\n", "two columns 'a'")]
    [InlineData("a,\n1,2\n", "a column has no name")]
    [InlineData("a,b\n1,\"2\n", "the quote of line 2 has no end")]
    [InlineData("a,b\n1,\"2\"3\n", "line 2: text after the quote")]
    public void What_is_no_table_is_said(string text, string expected) => Assert.Contains(expected, Fails(() => Table(text)), StringComparison.Ordinal);

    [Fact]
    public void A_line_of_one_cell_may_end_in_any_way() => Assert.Equal([["1"], ["2"], ["3"], ["4\r5"], ["6"]], Table("a\n1\r2\r\n3\n\"4\r5\"\r6").Rows);

    [Fact]
    public void Lines_are_counted_however_they_end() =>
        Assert.Contains("line 6: 1 cells", Fails(() => Table("a,b\r1,2\r\n3,\"4\r5\"\n\n6")), StringComparison.Ordinal);

    [Fact]
    public void Files_are_plain_or_packed()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("a.csv"), "a,b\n1,ä\n");
        using (var packed = new GZipStream(File.Create(folder.File("a.csv.gz")), CompressionLevel.Fastest))
            packed.Write(Encoding.UTF8.GetBytes("a,b\n1,ä\n"));
        foreach (var name in new[] { "a.csv", "a.csv.gz" })
            Assert.Equal(["1", "ä"], CsvTable.Read(folder.File(name)).Rows[0]);
        File.WriteAllBytes(folder.File("b.csv.gz"), [1, 2, 3]);
        File.WriteAllBytes(folder.File("c.csv"), [(byte)'a', (byte)'\n', 0xff]);
        Assert.Contains("cannot be read", Fails(() => CsvTable.Read(folder.File("b.csv.gz"))), StringComparison.Ordinal);
        Assert.Contains("in UTF-8", Fails(() => CsvTable.Read(folder.File("c.csv"))), StringComparison.Ordinal);
        Assert.Contains("There is no file", Fails(() => CsvTable.Read(folder.File("absent.csv"))), StringComparison.Ordinal);
    }

    [Fact]
    public void Numbers_become_distances_from_their_mean_and_texts_places()
    {
        var table = Table("n,t,constant,y\n1,red,7,0\n3,blue,7,1\n5,red,7,0\n?,blue,,1\n3,once,7,1\n");
        var schema = SchemaBuilder.Build(table, s_suggested);
        Assert.Equal("y above 0.5", schema.Label.Meaning);
        Assert.Equal(["n", "t", "constant"], schema.Columns.Select(c => c.Name));
        Assert.Equal([0, 1, 4], schema.Columns.Select(c => c.Slot));
        Assert.Equal(["blue", "red"], schema.Columns[1].Categories!);

        var (features, labels) = schema.Encode(table);
        Assert.Equal([0, 1, 0, 1, 1], labels);
        var deviation = (float)Math.Sqrt(2); // Of 1, 3, 5, 3.
        float[] Row(int row) => features[(row * RiskNet.InputSize)..(row * RiskNet.InputSize + 5)];
        Assert.Equal([-2 / deviation, 0, 0, 1, 0], Row(0));
        Assert.Equal([0, 0, 1, 0, 0], Row(1));
        Assert.Equal([0, 0, 1, 0, 0], Row(3)); // Missing is the mean.
        Assert.Equal([0, 1, 0, 0, 0], Row(4)); // What came once only is any other text.
        Assert.All(features.Chunk(RiskNet.InputSize), f => Assert.All(f[5..], v => Assert.Equal(0, v)));
    }

    [Fact]
    public void Outliers_stay_within_bounds()
    {
        var schema = SchemaBuilder.Build(Table("n,y\n1,0\n2,1\n3,0\n"), s_suggested);
        var features = schema.Encode(Table("y,n\n0,1e30\n0,-1e30\n")).Features;
        Assert.Equal([8, -8], [features[0], features[RiskNet.InputSize]]);
    }

    [Theory]
    [InlineData("1e308", "-1e308", "n is 1e308 somewhere")]
    [InlineData("1", "-1.1e100", "n is -1.1e100 somewhere")]
    public void Numbers_whose_squares_have_no_finite_sum_are_refused(string first, string second, string expected)
    {
        var message = Fails(() => SchemaBuilder.Build(Table($"n,y\n{first},0\n{second},1\n"), s_suggested));
        Assert.StartsWith(expected, message, StringComparison.Ordinal);
        Assert.Contains("beyond what can be learned, 1e100", message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_largest_numbers_that_are_taken_have_a_finite_scale()
    {
        var column = Assert.Single(SchemaBuilder.Build(Table("n,y\n1e100,0\n-1e100,1\n"), s_suggested).Columns);
        Assert.Equal((0, 1e100), (column.Mean, column.Scale));
    }

    [Fact]
    public void The_most_frequent_texts_get_the_places_that_there_are()
    {
        // 100 texts, the n-th n + 2 times: 63 of them fit beside the place for all others.
        var rows = Enumerable.Range(0, 100).SelectMany(n => Enumerable.Repeat($"t{n:00},{n % 2}", n + 2));
        var schema = SchemaBuilder.Build(Table("t,y\n" + string.Join('\n', rows)), s_suggested);
        Assert.Equal(RiskNet.InputSize, schema.Columns.Sum(c => c.Slots));
        Assert.Equal(Enumerable.Range(37, 63).Select(n => $"t{n:00}"), schema.Columns[0].Categories);
    }

    [Theory]
    [InlineData("y", 2.5, null, "y above 2.5")]
    [InlineData("t", null, "b", "t is b")]
    public void The_label_is_a_limit_or_a_text(string label, double? above, string? positive, string meaning)
    {
        var table = Table("t,y\na,1\nb,3\n");
        var schema = SchemaBuilder.Build(table, new LabelChoice(label, above, positive));
        Assert.Equal(meaning, schema.Label.Meaning);
        Assert.Equal([0, 1], schema.Encode(table).Labels);
    }

    [Theory]
    [InlineData(null, null, null, "Say --label with one of t, y.")]
    [InlineData("z", null, null, "has no column 'z'; its columns are t, y.")]
    [InlineData("t", null, null, "Say with --positive which one counts as 1: 'a', 'b'.")]
    [InlineData("t", null, "c", "t is nowhere 'c'")]
    [InlineData("t", 1.0, null, "nothing of it is above a number")]
    [InlineData("y", null, null, "y has numbers from 1 to 3. Say with --above")]
    [InlineData("y", null, "1", "Say with --above from where on they count as 1")]
    [InlineData("y", 7.0, null, "y must be above 7 in some rows and not in others")]
    public void A_label_that_does_not_fit_is_explained(string? label, double? above, string? positive, string expected) =>
        Assert.Contains(expected, Fails(() => SchemaBuilder.Build(Table("t,y\na,1\nb,3\n"), new LabelChoice(label, above, positive))), StringComparison.Ordinal);

    [Fact]
    public void A_table_must_fit_the_network_and_the_schema()
    {
        var wide = string.Join(',', Enumerable.Range(0, RiskNet.InputSize + 1).Select(i => $"c{i}"));
        Assert.Contains("the network takes at most 64", Fails(() => SchemaBuilder.Build(
            Table($"{wide},y\n{string.Join(',', Enumerable.Repeat("1", RiskNet.InputSize + 1))},0\n{string.Join(',', Enumerable.Repeat("2", RiskNet.InputSize + 1))},1\n"), s_suggested)), StringComparison.Ordinal);
        Assert.Contains("no column beside the label", Fails(() => SchemaBuilder.Build(Table("y\n0\n1\n"), s_suggested)), StringComparison.Ordinal);
        var schema = SchemaBuilder.Build(Table("n,y\n1,0\n2,1\n"), s_suggested);
        Assert.Contains("has no column 'n'", Fails(() => schema.Encode(Table("m,y\n1,0\n"))), StringComparison.Ordinal);
        Assert.Contains("row 2: n is 'many', but the column has numbers elsewhere", Fails(() => schema.Encode(Table("n,y\n1,0\nmany,1\n"))), StringComparison.Ordinal);
        Assert.Contains("row 1: y is '?'; every row needs a number there", Fails(() => schema.Encode(Table("n,y\n1,?\n"))), StringComparison.Ordinal);
    }

    [Fact]
    public void Made_payments_are_the_same_again_and_give_both_labels()
    {
        var (one, two) = (Transactions.Make(2000, seed: 9), Transactions.Make(2000, seed: 9));
        Assert.Equal(Transactions.ToCsv(one), Transactions.ToCsv(two));
        Assert.NotEqual(Transactions.ToCsv(one), Transactions.ToCsv(Transactions.Make(2000, seed: 10)));
        var fraud = one.Rows.Count(r => r[^1] == "1") / 2000.0;
        Assert.InRange(fraud, 0.05, 0.4);
        var read = CsvTable.Parse(Transactions.ToCsv(one), "made");
        Assert.Equal(one.Columns, read.Columns);
        Assert.Equal(one.Rows, read.Rows);
    }

    [Fact]
    public void A_judgement_counts_what_it_says()
    {
        // A network whose log-odds are its first feature.
        var network = new RiskNet();
        foreach (var parameter in network.Parameters)
            parameter.CopyFrom(new float[parameter.Length]);
        foreach (var (name, at) in new[] { ("0.weight", 0), ("0.weight", 64), ("2.weight", 0), ("2.weight", 65), ("4.weight", 0), ("4.weight", 1) })
        {
            var values = network.Parameters[name].ToArray();
            values[at] = (name, at) is ("0.weight", 64) or ("4.weight", 1) ? -1 : 1;
            network.Parameters[name].CopyFrom(values);
        }
        float[] odds = [2, 1, 1, -1, -3], labels = [1, 1, 0, 1, 0];
        var features = odds.SelectMany(o => new[] { o }.Concat(new float[RiskNet.InputSize - 1])).ToArray();
        var judgement = Judgement.Of(network, features, labels);
        Assert.Equal((5, 3), (judgement.Rows, judgement.Positives));
        Assert.Equal(3.0 / 5, judgement.Accuracy, 9);
        Assert.Equal(4.5 / 6, judgement.Auc, 9); // Of six pairs four are right, and one is a tie.
        Assert.Equal(odds.Zip(labels).Average(p => Math.Log(1 + Math.Exp(p.Second > 0 ? -p.First : p.First))), judgement.Loss, 9);
    }
}
