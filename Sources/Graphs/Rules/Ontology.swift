// SPDX-License-Identifier: Apache-2.0

/// The rules of RDFS and of the core of OWL 2 RL, each named as the specifications name it:
/// https://www.w3.org/TR/owl2-profiles/#Reasoning_in_OWL_2_RL_and_RDF_Graphs_using_Rules.
public enum Ontology {
    /// The rules, in the syntax in which users write theirs.
    public static func rules() throws -> [Rule] {
        let lines = text.split(separator: "\n").map { $0.split(separator: "|", maxSplits: 1) }
        return try lines.flatMap { line in
            guard line.count == 2 else { return [Rule]() }
            let name = line[0].trimmingSpaces
            return try RuleReader.rules(of: prefixes + line[1], name: name).map { rule in
                var rule = rule
                rule.name = name
                return rule
            }
        }
    }

    private static let prefixes = """
        @prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> . @prefix owl: <http://www.w3.org/2002/07/owl#> .
        """

    private static let text = """
        prp-dom | ?p rdfs:domain ?c, ?x ?p ?y -> ?x a ?c .
        prp-rng | ?p rdfs:range ?c, ?x ?p ?y -> ?y a ?c .
        prp-spo1 | ?p rdfs:subPropertyOf ?q, ?x ?p ?y -> ?x ?q ?y .
        prp-inv1 | ?p owl:inverseOf ?q, ?x ?p ?y -> ?y ?q ?x .
        prp-inv2 | ?p owl:inverseOf ?q, ?x ?q ?y -> ?y ?p ?x .
        prp-trp | ?p a owl:TransitiveProperty, ?x ?p ?y, ?y ?p ?z -> ?x ?p ?z .
        prp-symp | ?p a owl:SymmetricProperty, ?x ?p ?y -> ?y ?p ?x .
        prp-fp | ?p a owl:FunctionalProperty, ?x ?p ?y, ?x ?p ?z -> ?y owl:sameAs ?z .
        prp-ifp | ?p a owl:InverseFunctionalProperty, ?x ?p ?z, ?y ?p ?z -> ?x owl:sameAs ?y .
        prp-eqp1 | ?p owl:equivalentProperty ?q, ?x ?p ?y -> ?x ?q ?y .
        prp-eqp2 | ?p owl:equivalentProperty ?q, ?x ?q ?y -> ?x ?p ?y .
        cax-sco | ?c rdfs:subClassOf ?d, ?x a ?c -> ?x a ?d .
        cax-eqc1 | ?c owl:equivalentClass ?d, ?x a ?c -> ?x a ?d .
        cax-eqc2 | ?c owl:equivalentClass ?d, ?x a ?d -> ?x a ?c .
        scm-sco | ?c rdfs:subClassOf ?d, ?d rdfs:subClassOf ?e -> ?c rdfs:subClassOf ?e .
        scm-eqc1 | ?c owl:equivalentClass ?d -> ?c rdfs:subClassOf ?d, ?d rdfs:subClassOf ?c .
        scm-spo | ?p rdfs:subPropertyOf ?q, ?q rdfs:subPropertyOf ?r -> ?p rdfs:subPropertyOf ?r .
        scm-eqp1 | ?p owl:equivalentProperty ?q -> ?p rdfs:subPropertyOf ?q, ?q rdfs:subPropertyOf ?p .
        eq-sym | ?x owl:sameAs ?y -> ?y owl:sameAs ?x .
        eq-trans | ?x owl:sameAs ?y, ?y owl:sameAs ?z -> ?x owl:sameAs ?z .
        eq-rep-s | ?x owl:sameAs ?y, ?x ?p ?o -> ?y ?p ?o .
        eq-rep-p | ?p owl:sameAs ?q, ?x ?p ?o -> ?x ?q ?o .
        eq-rep-o | ?x owl:sameAs ?y, ?s ?p ?x -> ?s ?p ?y .
        """
}

extension Substring {
    fileprivate var trimmingSpaces: String { String(drop { $0 == " " }.reversed().drop { $0 == " " }.reversed()) }
}
