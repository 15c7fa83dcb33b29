using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace Reference.Systematic.Architecture;

/// <summary>Reads the compiled cores: every type that they mention must be listed here. The banned list stops calls at compile time; this stops what it can't see.</summary>
/// <remarks>Adding a name is a change of design: say why in the commit.</remarks>
public class Purity
{
    /// <summary>Namespaces whose every type is a value or a pure function.</summary>
    private static readonly string[] Namespaces = ["System.Collections.Immutable", "System.Runtime.CompilerServices", "System.Globalization", "System.Diagnostics.CodeAnalysis", "System.Numerics", "System.Buffers.Binary", "System.Text", "System.Runtime.InteropServices"];

    /// <summary>Single types beyond those.</summary>
    private static readonly string[] Types =
    [
        "System.Object", "System.String", "System.Char", "System.Boolean", "System.Byte", "System.SByte", "System.Int16", "System.UInt16", "System.Int32", "System.UInt32", "System.Int64", "System.UInt64", "System.Int128", "System.UInt128", "System.Double",
        "System.Decimal", "System.Void", "System.ValueType", "System.Enum", "System.Array", "System.Attribute", "System.AttributeUsageAttribute", "System.AttributeTargets", "System.FlagsAttribute", "System.ParamArrayAttribute", "System.ObsoleteAttribute",
        "System.Nullable`1", "System.Nullable", "System.Tuple", "System.Lazy`1", "System.Type", "System.RuntimeTypeHandle", "System.Delegate", "System.MulticastDelegate", "System.HashCode", "System.Math", "System.Index", "System.Range", "System.Convert", "System.StringComparer", "System.StringComparison", "System.StringSplitOptions", "System.MemoryExtensions",
        "System.Span`1", "System.ReadOnlySpan`1", "System.Memory`1", "System.ReadOnlyMemory`1", "System.IEquatable`1", "System.IComparable", "System.IComparable`1", "System.IFormatProvider", "System.IFormattable", "System.IDisposable", "System.ISpanFormattable", "System.IParsable`1",
        "System.Exception", "System.ArgumentException", "System.ArgumentNullException", "System.ArgumentOutOfRangeException", "System.InvalidOperationException", "System.IndexOutOfRangeException", "System.NotSupportedException", "System.OverflowException", "System.FormatException", "System.Diagnostics.UnreachableException",
        "System.Diagnostics.DebuggableAttribute", "System.Diagnostics.DebuggerBrowsableAttribute", "System.Diagnostics.DebuggerBrowsableState", "System.Diagnostics.DebuggerDisplayAttribute", "System.Diagnostics.Debug", "System.Diagnostics.DebuggerHiddenAttribute", "DebuggingModes",
        "System.Reflection.AssemblyCompanyAttribute", "System.Reflection.AssemblyConfigurationAttribute", "System.Reflection.AssemblyFileVersionAttribute", "System.Reflection.AssemblyInformationalVersionAttribute", "System.Reflection.AssemblyProductAttribute", "System.Reflection.AssemblyTitleAttribute", "System.Reflection.DefaultMemberAttribute",
        "System.Runtime.Versioning.TargetFrameworkAttribute", "System.Linq.Enumerable", "System.Linq.ImmutableArrayExtensions", "System.Linq.IOrderedEnumerable`1", "System.Linq.IGrouping`2", "System.Collections.IEnumerable", "System.Collections.IEnumerator", "System.Collections.IComparer", "System.Collections.IEqualityComparer", "System.Collections.IStructuralEquatable", "System.Collections.IStructuralComparable",
        "System.Collections.Generic.IEnumerable`1", "System.Collections.Generic.IEnumerator`1", "System.Collections.Generic.IReadOnlyList`1", "System.Collections.Generic.IReadOnlyCollection`1", "System.Collections.Generic.IReadOnlyDictionary`2", "System.Collections.Generic.IReadOnlySet`1", "System.Collections.Generic.IComparer`1", "System.Collections.Generic.Comparer`1",
        "System.Collections.Generic.IEqualityComparer`1", "System.Collections.Generic.EqualityComparer`1", "System.Collections.Generic.KeyValuePair`2", "System.Collections.Generic.KeyValuePair", "System.Collections.Generic.List`1", "System.Collections.Generic.Stack`1", "System.Collections.Generic.Queue`1", "System.Collections.Generic.ICollection`1", "System.Collections.Generic.IList`1", "System.Collections.Generic.CollectionExtensions", "System.Collections.Generic.SortedDictionary`2", "System.Collections.Generic.SortedSet`1", "System.Collections.Generic.IDictionary`2",
        // what the compiler puts into iterators and collection expressions; the banned list forbids the rest of Environment in source
        "System.Environment", "System.Collections.ICollection", "System.Collections.IList", "System.RuntimeFieldHandle",
        // the hash by which ZooKeeper's digest scheme names a user: a pure function
        "System.Security.Cryptography.SHA1",
    ];

    public static TheoryData<string> Cores => ["Reference.Kernel", "Reference.Zab", "Reference.Coordination", "Reference.Replication"];

    [Theory, MemberData(nameof(Cores))]
    public void A_core_mentions_only_types_that_are_listed(string core)
    {
        var foreign = TypesMentioned(core).Where(t => !IsAllowed(t)).Order(StringComparer.Ordinal).ToList();
        Assert.True(foreign.Count == 0, $"{core} mentions {string.Join(", ", foreign)}. A core has inputs and effects for what the world does; if this type is pure, list it in {nameof(Purity)} and say why in the commit.");
    }

    [Theory, MemberData(nameof(Cores))]
    public void A_core_references_the_kernel_the_phase_tables_and_the_framework_only(string core)
    {
        using var pe = Open(core, out var reader);
        var names = reader.AssemblyReferences.Select(r => reader.GetString(reader.GetAssemblyReference(r).Name)).Where(n => !n.StartsWith("System.", StringComparison.Ordinal));
        Assert.Empty(names.Except(core == "Reference.Kernel" ? [] : ["Reference.Kernel", "Stateless"]));
    }

    [Theory]
    [InlineData("System.Threading.Tasks.Task")]
    [InlineData("System.Threading.Lock")]
    [InlineData("System.IO.File")]
    [InlineData("System.DateTime")]
    [InlineData("System.Collections.Generic.HashSet`1")]
    [InlineData("System.Random")]
    public void What_a_core_must_not_touch_is_not_listed(string type) => Assert.False(IsAllowed(type));

    private static bool IsAllowed(string type)
    {
        if (type.StartsWith("Reference.", StringComparison.Ordinal) || type.StartsWith("Stateless.", StringComparison.Ordinal) || !type.Contains('.', StringComparison.Ordinal)) return true;
        if (type.StartsWith("System.Func`", StringComparison.Ordinal) || type.StartsWith("System.Action", StringComparison.Ordinal) || type.StartsWith("System.Predicate`", StringComparison.Ordinal) || type.StartsWith("System.Comparison`", StringComparison.Ordinal) || type.StartsWith("System.ValueTuple", StringComparison.Ordinal)) return true;
        return Types.Contains(type) || Namespaces.Contains(type[..type.LastIndexOf('.')]);
    }

    /// <summary>Full names of all types outside the assembly that its metadata refers to; nested types by their own name alone.</summary>
    private static List<string> TypesMentioned(string core)
    {
        using var pe = Open(core, out var reader);
        return [.. reader.TypeReferences.Select(handle =>
        {
            var type = reader.GetTypeReference(handle);
            var space = reader.GetString(type.Namespace);
            return space.Length == 0 ? reader.GetString(type.Name) : $"{space}.{reader.GetString(type.Name)}";
        })];
    }

    private static PEReader Open(string core, out MetadataReader reader)
    {
        var pe = new PEReader(File.OpenRead(Path.Combine(AppContext.BaseDirectory, core + ".dll")));
        reader = pe.GetMetadataReader();
        return pe;
    }
}
