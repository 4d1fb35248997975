//! Tables of quantities: numbers with units.

use super::*;

#[test]
fn units_stand_behind_numbers_and_names() {
    table(&[
        ("3 m", "3 m"),
        ("3m", "3 m"),
        ("km", "1 km"),
        ("x = 3; x km", "3 km"),
        ("smoot = 67 in; 5 smoot", "335 in"),
        ("1 m / 2 s", "0.5 m/s"),
        ("5 km/h", "5 km/h"),
        ("9.81 m/s²", "9.81 m/s^2"),
        ("1/2 m", "0.5 m"),
        ("1/2 m/s", "0.5 m/s"),
        ("3/4 cup", "0.75 cup"),
        ("-3/4 cup", "-0.75 cup"),
        ("-1/3 m to fraction", "-1/3 m"),
        ("sqrt(2)/20 m to exact", "(sqrt(2)/20) m^-1"),
        ("(sqrt(2)/20) m to exact", "(sqrt(2)/20) m"),
        ("50 m/(100 s) to percent", "(50%) m/s"),
        ("x = 3; 1/2 x", "~0.16666666666666666667"),
        ("30 square feet", "30 ft^2"),
        ("3 cu in", "3 in^3"),
        ("3 W per m^2", "3 W/m^2"),
        ("min(1, 2)", "1"),
        ("90 min to h", "1.5 h"),
        ("m = 5; 3 m", "15"),
        ("f(m) = 2 m; f(3)", "6"),
        ("12 in", "12 in"),
        ("12 in in cm", "30.48 cm"),
        ("5 m in ft", "~16.404199475065616798 ft"),
        ("5 ft in in", "60 in"),
        ("5 ppm", "5 ppm"),
        ("5 µm to nm", "5000 nm"),
        ("50 Hz to 1/s", "50 s^-1"),
    ]);
    let two = fault("100 km / 50 km/h");
    assert_eq!(
        (two.reason, two.message.as_str()),
        (Reason::Syntax, "this divisor could be 50 km or 50 km/h")
    );
    assert_eq!(fault("5 foo").reason, Reason::UnknownName);
    assert_eq!(fault("255 to hexx").help, "did you mean 'hex'?");
}

#[test]
fn conversions_are_exact() {
    table(&[
        ("60 mph to km/h", "96.56064 km/h"),
        ("1 lb to kg", "0.45359237 kg"),
        ("1 acre to m^2", "4046.8564224 m^2"),
        ("2 sq ft to m^2", "0.18580608 m^2"),
        ("1 light_year to km", "9460730472580.8 km"),
        ("100 W * 3 h to kWh", "0.3 kWh"),
        ("1 MB to KiB", "976.5625 KiB"),
        ("10 GB / (100 Mbit/s)", "800 s"),
        ("1 turn to deg", "360°"),
        ("5 J to SI", "5 kg m^2/s^2"),
        ("asin(0.5) to deg", "30°"),
        ("10/3 m to 2 dp", "~3.33 m"),
        ("3 m to 2 decimals", "3.00 m"),
    ]);
    for line in ["5 m to s", "5 m to km km", "5 to m", "true to m"] {
        assert!(
            matches!(fault(line).reason, Reason::Unit | Reason::Type),
            "{line}"
        );
    }
}

#[test]
fn operators_on_quantities() {
    table(&[
        ("5 km + 300 m", "5.3 km"),
        ("5 km - 0", "5 km"),
        ("5 m + 10%", "5.5 m"),
        ("3 m * 2 ft", "1.8288 m^2"),
        ("3.5 GiB / (12 MiB/s)", "~298.66666666666666667 s"),
        ("6 V * 2 A", "12 W"),
        ("12 V / 4 A", "3 Ω"),
        ("6 kV * 2 A", "12 kV A"),
        ("5 N * 2 m", "10 N m"),
        ("7 kg m^2/s^2 to J", "7 J"),
        ("(3 m)^2", "9 m^2"),
        ("sqrt(9 m^2)", "3 m"),
        ("cbrt(8 L) to cm", "20 cm"),
        ("abs(-3 m)", "3 m"),
        ("round(2.5 m)", "3 m"),
        ("max(3 ft, 1 m)", "~3.2808398950131233596 ft"),
        ("sum(1 m, 20 cm)", "1.2 m"),
        ("10 m mod 3 m", "1 m"),
        ("10 m // 3 m", "3"),
        ("10 m / 4 m", "2.5"),
        ("50 Hz * 2 s", "100"),
        ("60 mph * s/m", "26.8224"),
        ("2 m == 200 cm", "true"),
        ("1 m < 2 km < 3 mi", "true"),
        ("if(3 m > 2 ft, 1 m, 2 ft)", "1 m"),
        ("sin(30°)", "0.5"),
        ("tan 45°", "1"),
        ("2 rad + 1", "3 rad"),
        ("0.5% of 20 kg", "0.1 kg"),
    ]);
    assert_eq!(
        fault("3 m + 2 s").message,
        "cannot add 3 m and 2 s: a length and a time"
    );
    for line in [
        "ln(5 m)",
        "2^(3 m)",
        "3 m!",
        "3 m & 1",
        "(3 m)^pi",
        "factor(6 m)",
        "(3 m)%",
    ] {
        assert_eq!(fault(line).reason, Reason::Unit, "{line}");
    }
}

#[test]
fn mixed_quantities() {
    table(&[
        ("5 ft 10 in to cm", "177.8 cm"),
        ("-3 h 20 min to min", "-200 min"),
        ("5'10\"to cm", "177.8 cm"),
        ("5'10 1/2\" to in", "70.5 in"),
        ("48° 30′ to deg", "48.5°"),
        ("48° 30' 36\" to deg", "48.51°"),
        ("1 h 30 min 36 s to h", "1.51 h"),
        ("178 cm to ft + in", "~5 ft 10.078740157480314961 in"),
        ("2.5 h to h + min", "2 h 30 min"),
        ("-2.5 h to h + min", "-2 h 30 min"),
        ("180 lb to st + lb", "12 st 12 lb"),
    ]);
    for line in ["5 ft 3 s", "5 min 3 h", "5 ft 20 in"] {
        assert_eq!(fault(line).reason, Reason::Unit, "{line}");
    }
    assert_eq!(fault("x = 1; 5 x 10 x").reason, Reason::Syntax);
}

#[test]
fn temperatures() {
    table(&[
        ("20 °C to °F", "68 °F"),
        ("-40 °C to °F", "-40 °F"),
        ("20 C to F", "68 °F"),
        ("300 K to °C", "26.85 °C"),
        ("30 °C - 20 °C", "10 K"),
        ("20 °C + 5 K", "25 °C"),
        ("20 °C - 9 Δ°F", "15 °C"),
        ("mean(20 °C, 30 °C)", "25 °C"),
        ("20 °C == 68 °F", "true"),
        ("4184 J/(kg °C) * 2 kg * 10 K to kJ", "83.68 kJ"),
    ]);
    for line in ["2 * 20 °C", "20 °C + 20 °C", "(30 °C - 20 °C) to °C"] {
        assert_eq!(fault(line).reason, Reason::Unit, "{line}");
    }
}

#[test]
fn the_unit_is_typed() {
    let Some(ExactValue::Quantity(quantity)) = rendered("5 km/h", Options::default()).typed else {
        panic!("it is a quantity");
    };
    assert_eq!(
        (quantity.number, quantity.unit.as_str()),
        (Some(ExactValue::Integer(5)), "km/h")
    );
}

/// The dimension of a unit never silently overflows.
#[test]
fn large_exponents_of_units_are_refused() {
    for line in [
        "(1 J)^20000",
        "J^9000 J^9000 to SI",
        "m^20000 m^20000",
        "sqrt((1 J)^30000) J^10000",
    ] {
        assert_eq!(fault(line).reason, Reason::Limit, "{line}");
    }
    assert_eq!(fault("1/(m^-32768)").reason, Reason::Unit);
    table(&[("(1 m)^30000", "1 m^30000"), ("(1 J)^99 / (1 J)^98", "1 J")]);
}
