using System.Reflection;
using System.Reflection.Emit;
using System.Runtime.CompilerServices;

namespace Reference.Systematic.Breaking;

/// <summary>Which rules acted, and how often.</summary>
public sealed class RuleLog
{
    private readonly Dictionary<string, long> _counts = new(StringComparer.Ordinal);
    private readonly List<string> _steps = [];

    /// <summary>One of the rules' methods was called; a method that cites several has their ids with a blank between.</summary>
    public void Note(string rules) => _counts[rules] = _counts.GetValueOrDefault(rules) + 1;

    /// <summary>The same, of a method that makes a step of the core: more than a sum that others ask for.</summary>
    public void NoteStep(string rules)
    {
        Note(rules);
        if (!_steps.Contains(rules)) _steps.Add(rules);
    }

    /// <summary>The rules that made steps, in the order in which they first did.</summary>
    public ImmutableArray<string> Steps => [.. _steps.SelectMany(s => s.Split(' ')).Distinct()];

    /// <summary>How often each rule acted.</summary>
    public ImmutableSortedDictionary<string, long> Counts =>
        _counts.SelectMany(c => c.Key.Split(' ').Select(id => (id, c.Value))).GroupBy(c => c.id).ToImmutableSortedDictionary(g => g.Key, g => g.Sum(c => c.Value), StringComparer.Ordinal);
}

/// <summary>Makes of any core one that notes which of its rules act, and else does the same: a subclass emitted at run time overrides every virtual method that cites a rule, and calls the base.</summary>
public static class RuleRecorder
{
    private const BindingFlags Members = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic;
    private static readonly ConditionalWeakTable<Type, Type> Recorders = [];

    /// <summary>The methods of a core, or of a subclass, that cite a rule and can be overridden; each with the ids.</summary>
    public static IEnumerable<(MethodInfo Method, ImmutableArray<string> Rules)> RuleMethods(Type core) =>
        core.GetMethods(Members).Where(m => m.IsVirtual && !m.IsFinal && !m.IsGenericMethodDefinition && (m.IsPublic || m.IsFamily || m.IsFamilyOrAssembly))
            .Select(m => (Method: m, Rules: m.GetCustomAttributes<RuleAttribute>(inherit: true).Select(r => r.Id).Distinct().ToImmutableArray())).Where(m => !m.Rules.IsEmpty)
            .OrderBy(m => m.Method.Name, StringComparer.Ordinal);

    /// <summary>The same core, noting in <paramref name="log"/>.</summary>
    public static TCore Over<TCore>(TCore core, RuleLog log) where TCore : class
    {
        Type recorder;
        lock (Recorders) recorder = Recorders.GetValue(core.GetType(), Emit);
        var copy = (TCore)Copy(core, recorder);
        recorder.GetField("Log")!.SetValue(copy, log);
        return copy;
    }

    /// <summary>The core that <paramref name="core"/> is a mutant of, with the same settings and the true rules.</summary>
    public static TCore TrueOf<TCore>(TCore core) where TCore : class => (TCore)Copy(core, World.Rules.CoreOf(core.GetType()));

    /// <summary>An object of <paramref name="type"/> with the fields of <paramref name="core"/>: cores hold settings and no state, so that's all there is to them.</summary>
    private static object Copy(object core, Type type)
    {
        var copy = RuntimeHelpers.GetUninitializedObject(type);
        for (var at = core.GetType(); at is not null; at = at.BaseType)
            if (at.IsAssignableFrom(type))
                foreach (var field in at.GetFields(Members | BindingFlags.DeclaredOnly)) field.SetValue(copy, field.GetValue(core));
        return copy;
    }

    private static Type Emit(Type core)
    {
        var type = Emitted.Class(core, "Recorded" + core.Name);
        var log = type.DefineField("Log", typeof(RuleLog), FieldAttributes.Public);
        foreach (var (method, rules) in RuleMethods(core))
        {
            var il = Emitted.Override(type, method);
            il.Emit(OpCodes.Ldarg_0);
            il.Emit(OpCodes.Ldfld, log);
            il.Emit(OpCodes.Ldstr, string.Join(' ', rules));
            il.Emit(OpCodes.Call, typeof(RuleLog).GetMethod(NaiveForm.IsStep(method.ReturnType) ? nameof(RuleLog.NoteStep) : nameof(RuleLog.Note))!);
            Emitted.CallBase(il, method);
            il.Emit(OpCodes.Ret);
        }
        return type.CreateType();
    }
}

/// <summary>Classes made at run time, in an assembly of their own.</summary>
internal static class Emitted
{
    private static readonly ModuleBuilder Module = AssemblyBuilder.DefineDynamicAssembly(new("Reference.Systematic.Emitted"), AssemblyBuilderAccess.Run).DefineDynamicModule("Emitted");
    private static int _last;

    /// <summary>A subclass of <paramref name="parent"/>, with its constructors and no other members yet.</summary>
    public static TypeBuilder Class(Type parent, string name)
    {
        var type = Module.DefineType($"{name}_{Interlocked.Increment(ref _last)}", TypeAttributes.Public | TypeAttributes.Class, parent);
        foreach (var constructor in parent.GetConstructors()) PassOn(type, constructor);
        return type;
    }

    private static void PassOn(TypeBuilder type, ConstructorInfo constructor)
    {
        var takes = constructor.GetParameters();
        var il = type.DefineConstructor(MethodAttributes.Public, CallingConventions.Standard, [.. takes.Select(p => p.ParameterType)]).GetILGenerator();
        for (var argument = 0; argument <= takes.Length; argument++) il.Emit(OpCodes.Ldarg, (short)argument);
        il.Emit(OpCodes.Call, constructor);
        il.Emit(OpCodes.Ret);
    }

    /// <summary>The body, to be written, of an override of <paramref name="method"/>.</summary>
    public static ILGenerator Override(TypeBuilder type, MethodInfo method)
    {
        var attributes = (method.Attributes & ~(MethodAttributes.NewSlot | MethodAttributes.Abstract)) | MethodAttributes.ReuseSlot;
        var own = type.DefineMethod(method.Name, attributes, method.CallingConvention, method.ReturnType, [.. method.GetParameters().Select(p => p.ParameterType)]);
        type.DefineMethodOverride(own, method);
        return own.GetILGenerator();
    }

    /// <summary>Calls the method as the parent has it, with the same arguments.</summary>
    public static void CallBase(ILGenerator il, MethodInfo method)
    {
        for (var argument = 0; argument <= method.GetParameters().Length; argument++) il.Emit(OpCodes.Ldarg, (short)argument);
        il.Emit(OpCodes.Call, method);
    }
}
